// Losses as `fit` takes them: by name or any function; regularizers beside them.
#include "bench/allocations.h"
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

namespace {

Tensor normal(const Shape& shape) {
  static Generator random(21);
  return Tensor::normal(shape, 0, 1, random);
}

const Tensor weights = Tensor::from({1, 2, 0, 3});

}  // namespace

TEST_CASE("a loss by name counts the weights of the batch") {
  const Variable y = normal({4, 3});
  const Tensor labels = Tensor::from({0, 2, 1, 1}), targets = sigmoid(normal({4, 3})).value();
  const auto by_name = [&](const char* name, const Tensor& truth, const Tensor& w) {
    return Loss(name)(y, Batch{normal({4, 1}), truth, w}).value();
  };
  for (const Tensor& w : {Tensor{}, weights}) {
    CHECK(same_bits(by_name("softmax_cross_entropy", labels, w),
                    softmax_cross_entropy(y, labels, {.sample_weights = w}).value()));
    CHECK(same_bits(by_name("binary_cross_entropy", targets, w), binary_cross_entropy(y, targets, w).value()));
    CHECK(same_bits(by_name("mean_squared_error", targets, w), mean_squared_error(y, targets, w).value()));
    CHECK(same_bits(by_name("mean_absolute_error", targets, w), mean_absolute_error(y, targets, w).value()));
    CHECK(same_bits(by_name("huber", targets, w), huber(y, targets, 1, w).value()));
  }
}

TEST_CASE("labels (n) do for outputs (n, 1)") {
  const Tensor labels = Tensor::from({0, 1, 1, 0}), y = normal({4, 1});
  for (const char* name : {"binary_cross_entropy", "mean_squared_error", "mean_absolute_error", "huber"}) {
    CHECK(same_bits(Loss(name)(y, Batch{{}, labels, weights}).value(),
                    Loss(name)(y, Batch{{}, labels.reshape({4, 1}), weights}).value()));
  }
  CHECK(error_text<ShapeError>([&] {
          Loss("huber")(normal({4, 2}), Batch{{}, labels});
        }) == "[huber] expected predictions and targets of equal shape, got (4, 2) and (4,)");
}

TEST_CASE("a loss from a function, from a string, and the default one") {
  CHECK_EQ(Loss("huber").name(), "huber");
  CHECK_EQ(Loss().name(), "");
  const Loss own = [](const Variable& y, const Batch& batch) {
    return softmax_cross_entropy(y, batch.labels, {.label_smoothing = 0.1});
  };
  const Tensor y = normal({4, 3}), labels = Tensor::from({0, 2, 1, 1});
  CHECK(
      same_bits(own(y, Batch{{}, labels}).value(), softmax_cross_entropy(y, labels, {.label_smoothing = 0.1}).value()));
  CHECK_FALSE(own.is_default());
  CHECK_FALSE(Loss(std::string("huber")).is_default());
  CHECK(Loss().is_default());
  CHECK(Loss("").is_default());
  CHECK(default_loss(3) == "softmax_cross_entropy");
  CHECK(default_loss(0) == "mean_squared_error");
  CHECK(
      error_text<StateError>([&] {
        Loss()(y, Batch{{}, labels});
      }) ==
      "[loss] expected a loss with a name or a function, got the default one of data that are not known here; make it "
      "from default_loss(classes)");
  CHECK(error_text<ValueError>([] { Loss("hubert"); }) ==
        "[loss] unknown loss 'hubert', did you mean 'huber'? (known: softmax_cross_entropy, binary_cross_entropy, "
        "mean_squared_error, mean_absolute_error, huber)");
}

TEST_CASE("fit and evaluate take a custom loss") {
  const Dataset data(normal({40, 3}), normal({40, 2}));
  const auto ten = [](const Variable& y, const Batch& batch) { return 10 * mean_absolute_error(y, batch.labels); };
  set_seed(5);
  Sequential model{Input{{3}}, Dense{2}};
  CHECK(evaluate(model, data, {.loss = ten}).loss ==
        doctest::Approx(10 * evaluate(model, data, {.loss = "mean_absolute_error"}).loss).epsilon(1e-5));
  SGD slow{{.learning_rate = 1e-12}};
  const History history =
      fit(model, slow, data, {.batch_size = 8, .validation = &data, .loss = ten, .show_progress = false});
  CHECK(history.last("loss") == doctest::Approx(evaluate(model, data, {.loss = ten}).loss).epsilon(1e-5));
  CHECK(history.last("validation_loss") == evaluate(model, data, {.loss = ten}).loss);
}

TEST_CASE("a binary classifier of one logit") {
  Generator random(6);
  Tensor x = Tensor::normal({200, 2}, 0, 1, random), labels = Tensor::empty({200});
  for (Index i = 0; i < 200; ++i) labels.data()[i] = x.data()[2 * i] > Real(0.3) ? 1 : 0;
  const Dataset data(x, labels, 2);
  Sequential model{Input{{2}}, Dense{1}};
  Adam optimizer{{.learning_rate = 0.1}};
  const History history = fit(model, optimizer, data,
                              {.epochs = 20, .batch_size = 20, .loss = "binary_cross_entropy", .show_progress = false});
  CHECK(history.last("accuracy") > 0.97);
  CHECK(confusion_matrix(model, data).accuracy() > 0.97);
}

TEST_CASE("regularization adds up what the trainable weights have") {
  Sequential model{Input{{3}}, Dense{4, {.kernel_regularizer = {.l1 = 0.5, .l2 = 2}, .bias_regularizer = {.l1 = 3}}},
                   Dense{2, {.kernel_regularizer = {.l2 = 1e-2}}}, Dense{1}};
  for (Parameter& parameter : model.parameters()) parameter.value().copy_from(normal(parameter.shape()));
  const auto penalty = [&](const char* name, double l1, double l2) {
    return l1_l2(model.parameters()[name], {l1, l2}).value().item();
  };
  const Real first = penalty("dense.kernel", 0.5, 2) + penalty("dense.bias", 3, 0);
  CHECK(regularization(model).value().item() ==
        doctest::Approx(first + penalty("dense_1.kernel", 0, 1e-2)).epsilon(1e-6));
  // The gradient is that of the loss and that of the penalty.
  const Tensor x = normal({5, 3}), y = normal({5, 1});
  {
    GradientTape tape;
    tape.backward(mean_squared_error(model(x, Mode::training), y));
  }
  const Parameter& kernel = model.parameters()["dense.kernel"];
  const Tensor alone = kernel.gradient().clone();
  {
    GradientTape tape;
    tape.backward(mean_squared_error(model(x, Mode::training), y) + regularization(model));
  }
  for (Index i = 0; i < alone.size(); ++i) {
    const Real w = kernel.value().data()[i];
    CHECK(kernel.gradient().data()[i] ==
          doctest::Approx(alone.data()[i] + Real(0.5) * (w > 0 ? 1 : -1) + 4 * w).epsilon(1e-4));
  }
  for (const char* name : {"dense.kernel", "dense.bias"}) model.parameters()[name].set_trainable(false);
  CHECK(regularization(model).value().item() == penalty("dense_1.kernel", 0, 1e-2));
  Sequential plain{Input{{3}}, Dense{1}};
  CHECK(same_bits(regularization(plain).value(), Tensor::zeros({})));
}

TEST_CASE("regularizers survive a configuration, and are checked") {
  const Dense dense(4, {.kernel_regularizer = {.l1 = 0.5, .l2 = 2}, .bias_regularizer = {.l1 = 3, .l2 = 4}});
  const std::unique_ptr<Layer> copy = make_layer(dense.config());
  CHECK(copy->config() == dense.config());
  copy->build({3});
  const Regularizer kernel = copy->regularized()[0].regularizer, bias = copy->regularized()[1].regularizer;
  CHECK((kernel.l1 == 0.5 && kernel.l2 == 2 && bias.l1 == 3 && bias.l2 == 4));
  CHECK(error_text<ValueError>([] { Dense(4, {.kernel_regularizer = {.l2 = -1}}); }) ==
        "[dense] expected a kernel_regularizer with finite l1 and l2 of at least 0, got l1 0 and l2 -1");
  CHECK(error_text<ValueError>([] { Dense(4, {.bias_regularizer = {.l1 = HUGE_VAL}}); }) ==
        "[dense] expected a bias_regularizer with finite l1 and l2 of at least 0, got l1 inf and l2 0");
}

TEST_CASE("a step with weights, options and regularizers allocates nothing") {
  Sequential model{Input{{30}}, Dense{20, {.activation = "relu", .kernel_regularizer = {.l1 = 1e-4, .l2 = 1e-4}}},
                   Dense{10, {.bias_regularizer = {.l2 = 1e-3}}}};
  const Tensor x = normal({64, 30}), of_class = square(normal({10})).value(), of_sample = square(normal({64})).value();
  Tensor labels = Tensor::empty({64});
  for (Index i = 0; i < 64; ++i) labels.data()[i] = static_cast<Real>(i % 10);
  const Tensor targets = sigmoid(normal({64, 10})).value();
  const Loss losses[] = {
      [&](const Variable& y, const Batch& batch) {
        return softmax_cross_entropy(
            y, batch.labels,
            {.label_smoothing = 0.1, .class_weights = of_class, .ignore_label = 3, .sample_weights = batch.weights});
      },
      "softmax_cross_entropy",
      "binary_cross_entropy",
      "mean_squared_error",
      "mean_absolute_error",
      "huber"};
  for (std::size_t i = 0; i < std::size(losses); ++i) {
    CAPTURE(i);
    const Batch batch{x, i < 2 ? labels : targets, of_sample};
    std::int64_t heap = 0, pool = 0;
    for (int step = 0; step < 3; ++step) {
      heap = heap_allocations();
      pool = pool_statistics().allocations;
      GradientTape tape;
      tape.backward(losses[i](model(batch.inputs, Mode::training), batch) + regularization(model));
      heap = heap_allocations() - heap;
      pool = pool_statistics().allocations - pool;
    }
#ifndef __SANITIZE_ADDRESS__  // under which the pool keeps nothing
    CHECK(heap == 0);
    CHECK(pool == 0);
#endif
  }
}
