// Metrics: which ones follow from the loss, by name or any function, and where they are seen.
#include "support/captured_output.h"
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

const Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

/// A model whose outputs are its inputs, of this shape.
Sequential identity(const Shape& shape) { return Sequential{Input{shape}, Flatten{}}; }

Batch batch_of(const Tensor& targets) { return {Tensor::zeros({targets.shape()[0], 1}), targets}; }

std::vector<std::string> names(const std::vector<Metric>& metrics) {
  std::vector<std::string> result;
  for (const Metric& metric : metrics) result.push_back(metric.name());
  return result;
}

double largest_error(const Tensor& outputs, const Batch& batch) {
  double largest = 0;
  for (Index i = 0; i < outputs.size(); ++i) {
    largest = std::max<double>(largest, std::abs(outputs.data()[i] - batch.labels.data()[i]));
  }
  return largest;
}

/// The share of outputs above 0: a number of which more is better, whatever its name.
double share_above_0(const Tensor& outputs, const Batch&) {
  double count = 0;
  for (const Real y : outputs.values()) count += y > 0 ? 1 : 0;
  return count / static_cast<double>(outputs.size());
}

Dataset line(Index n) {
  Generator random(3);
  const Tensor x = Tensor::normal({n, 1}, 0, 1, random);
  return {x, (Variable(x) * 2).value()};
}

}  // namespace

TEST_CASE("two classes from one output: cut at 0 of a logit, at one half of what is compared with the labels") {
  // As probabilities 3 of 4 are right, as logits all are class 1.
  const Dataset probabilities(Tensor::from({{Real(0.1)}, {Real(0.9)}, {Real(0.6)}, {Real(0.3)}}),
                              Tensor::from({0, 1, 0, 0}), 2);
  Sequential model = identity({1});
  for (const char* loss : {"mean_squared_error", "mean_absolute_error", "huber"}) {
    CHECK(evaluate(model, probabilities, {.loss = loss}).accuracy == 0.75);
  }
  CHECK(evaluate(model, probabilities, {.loss = "binary_cross_entropy"}).accuracy == 0.25);
  // That of a custom loss is not known, and not guessed.
  const auto own = [](const Variable& y, const Batch& b) { return mean_squared_error(y, b.labels.reshape({4, 1})); };
  const Metrics metrics = evaluate(model, probabilities, {.loss = own});
  CHECK(std::isnan(metrics.accuracy));
  CHECK(metrics.values.empty());
  const std::string unknown =
      error_text<ValueError>([&] { evaluate(model, probabilities, {.loss = own, .metrics = {"accuracy"}}); });
  CHECK(unknown ==
        "[binary_accuracy] expected a loss by name, which tells logits from probabilities, got one of your own; give a "
        "metric of your own, such as {\"accuracy\", [](const Tensor& outputs, const Batch& batch) { ... }, "
        "Better::higher}");
}

TEST_CASE("exclusive or with a sigmoid at the end and mean squared error") {
  set_seed(1);
  Sequential model{Input{{2}}, Dense{4, {.activation = "tanh"}}, Dense{1, {.activation = "sigmoid"}}};
  Adam optimizer{{.learning_rate = 0.05}};
  const Dataset corners = xor_points();
  EarlyStopping stopping{{.monitor = "accuracy", .patience = 1000}};
  const History history = fit(
      model, optimizer, corners,
      {.epochs = 300, .batch_size = 4, .loss = "mean_squared_error", .show_progress = false, .callbacks = {&stopping}});
  CHECK(history.last("loss") < 0.01);
  CHECK(history.last("accuracy") == 1);
  CHECK(history.best("accuracy") == 1);
  CHECK(stopping.best() == 1);
  CHECK(evaluate(model, corners, {.loss = "mean_squared_error"}).accuracy == 1);
}

TEST_CASE("several labels a sample: the share of logits on the right side") {
  const Tensor logits = Tensor::from({{3, -1, Real(0.2)}, {-5, Real(-0.1), 2}});
  const Dataset data(logits, Tensor::from({{1, 0, 0}, {0, 1, 1}}));
  Sequential model = identity({3});
  const Metrics metrics = evaluate(model, data, {.loss = "binary_cross_entropy"});
  CHECK(metrics.accuracy == doctest::Approx(4.0 / 6));
  CHECK(std::isnan(metrics.mean_absolute_error));
  // It rises while the loss falls.
  Generator random(5);
  const Tensor x = Tensor::normal({200, 4}, 0, 1, random);
  Tensor y = Tensor::empty({200, 3});
  for (Index i = 0; i < 600; ++i) y.data()[i] = x.data()[4 * (i / 3) + i % 3] > 0 ? 1 : 0;
  Sequential network{Input{{4}}, Dense{3}};
  Adam optimizer{{.learning_rate = 0.05}};
  const History history = fit(network, optimizer, Dataset(x, y),
                              {.epochs = 20, .batch_size = 20, .loss = "binary_cross_entropy", .show_progress = false});
  CHECK(history.columns()[2] == "accuracy");
  CHECK(history.last("accuracy") > 0.95);
  CHECK(history.best("accuracy") >= history.last("accuracy"));
}

TEST_CASE("the default metrics") {
  using Names = std::vector<std::string>;
  const Loss own = [](const Variable& y, const Batch&) { return sum(y); };
  CHECK(names(default_metrics("softmax_cross_entropy", 10, {10})) == Names{"accuracy"});
  CHECK(names(default_metrics("binary_cross_entropy", 2, {1})) == Names{"accuracy"});
  CHECK(names(default_metrics("binary_cross_entropy", 0, {5})) == Names{"accuracy"});
  CHECK(names(default_metrics("mean_squared_error", 2, {1})) == Names{"accuracy"});
  CHECK(names(default_metrics("mean_squared_error", 10, {1})) == Names{"mean_absolute_error"});
  CHECK(names(default_metrics("mean_squared_error", 0, {3})) == Names{"mean_absolute_error"});
  CHECK(names(default_metrics(own, 10, {10})) == Names{"accuracy"});
  CHECK(names(default_metrics(own, 2, {1})).empty());
  CHECK(names(default_metrics(own, 10, {12})).empty());
  CHECK(names(default_metrics(own, 0, {1})).empty());
}

TEST_CASE("metrics by name") {
  const auto value = [](const char* name, const Tensor& y, const Tensor& targets, double threshold = 0.5) {
    return Metric(name)(y, batch_of(targets), threshold);
  };
  const Tensor scores = Tensor::from({{3, 1, 2}, {0, 5, 1}, {1, 2, 3}});
  CHECK(value("accuracy", scores, Tensor::from({0, 1, 0}), 0) == doctest::Approx(2.0 / 3));
  CHECK(value("accuracy", scores, Tensor::from({{1, 0, 0}, {0, 1, 0}, {1, 0, 0}}), 0) == doctest::Approx(4.0 / 9));
  CHECK(value("binary_accuracy", scores, Tensor::from({{1, 0, 0}, {0, 1, 0}, {1, 0, 0}})) == doctest::Approx(4.0 / 9));
  CHECK(value("accuracy", Tensor::from({{1}, {2}}), Tensor::from({1, 0})) == 0.5);
  CHECK(value("accuracy", Tensor::from({1, 2}), Tensor::from({1, 0})) == 0.5);
  CHECK(value("mean_absolute_error", Tensor::from({{1}, {3}}), Tensor::from({2, 0})) == 2);
  CHECK(value("mean_squared_error", Tensor::from({{1}, {3}}), Tensor::from({2, 0})) == 5);
  CHECK(error_text<ShapeError>([&] {
          value("accuracy", scores, Tensor::from({{1, 0, 0}, {0, 1, 1}, {1, 0, 0}}));
        }) == "[count_correct] expected logits (N, K) and labels (N), got (3, 3) and (3, 3)");
  CHECK(error_text<ShapeError>([&] {
          value("mean_absolute_error", scores, Tensor::from({0, 1, 0}));
        }) ==
        "[metrics] expected as many targets as outputs, got targets (3,) and outputs (3, 3); choose other .metrics");
  CHECK(error_text<ValueError>([] { Metric("acuracy"); }) ==
        "[metric] unknown metric 'acuracy', did you mean 'accuracy'? (known: accuracy, binary_accuracy, "
        "mean_absolute_error, mean_squared_error)");
  CHECK(error_text<ValueError>([] { Metric("f1", Metric::Function{}, Better::higher); }) ==
        "[metric] expected a function for 'f1', got null");
  CHECK(error_text<ValueError>([] { Metric("", largest_error, Better::lower); }) ==
        "[metric] expected a name, got an empty one");
  CHECK(
      error_text<ValueError>([&] { Metric("a,b", largest_error, Better::lower); }) ==
      "[metric] expected a name without commas, quotes and line breaks, which heads a column of CSV files, got 'a,b'");
}

TEST_CASE("custom metrics, in evaluate, history, logs, monitors and progress") {
  const TemporaryFolder folder;
  const Dataset data = line(40);
  const std::vector<Metric> metrics{
      "mean_squared_error", {"largest", largest_error, Better::lower}, {"above", share_above_0, Better::higher}};
  set_seed(2);
  Sequential model{Input{{1}}, Dense{1}};
  const Metrics before = evaluate(model, data, {.batch_size = 40, .metrics = metrics});
  CHECK(before["largest"] == largest_error(model.predict(data.batch().inputs), data.batch()));
  CHECK(before["mean_squared_error"] == doctest::Approx(before.loss));
  CHECK(std::isnan(before.accuracy));
  CHECK(std::isnan(before.mean_absolute_error));
  CHECK(error_text<ValueError>([&] { before["larges"]; }) ==
        "[metrics] unknown metric 'larges', did you mean 'largest'? (known: mean_squared_error, largest, above)");

  struct State : Callback {
    void on_step_end(TrainingState& state) override { line = progress_line(state, "", 200); }
    void on_epoch_end(TrainingState& state) override { shares.push_back(state.value("validation_above")); }
    std::string line;
    std::vector<double> shares;
  } seen;
  EarlyStopping highest{{.monitor = "validation_above", .patience = 1000}};
  EarlyStopping lowest{{.monitor = "largest", .patience = 1000}};
  SGD optimizer{{.learning_rate = 0.1}};
  History history;
  const std::string printed = captured_output([&] {
    history = fit(
        model, optimizer, data,
        {.epochs = 4,
         .batch_size = 10,
         .validation = &data,
         .metrics = metrics,
         .callbacks = {CsvLogger{folder / "log.csv"}, JsonlLogger{folder / "log.jsonl"}, &seen, &highest, &lowest}});
  });
  CHECK(history.columns() == std::vector<std::string>{"epoch", "loss", "mean_squared_error", "largest", "above",
                                                      "validation_loss", "validation_mean_squared_error",
                                                      "validation_largest", "validation_above", "learning_rate",
                                                      "seconds"});
  CHECK(history.best("validation_above") == *std::ranges::max_element(seen.shares));
  CHECK(history.best("largest") == std::ranges::min(history.column("largest")));
  CHECK(highest.best() == history.best("validation_above"));
  CHECK(lowest.best() == history.best("largest"));
  CHECK(file_text(folder / "log.csv").find(",largest,above,validation_loss,") != std::string::npos);
  CHECK(file_text(folder / "log.jsonl").find("\"validation_largest\":") != std::string::npos);
  CHECK(seen.line.find("  mean squared error 0.") != std::string::npos);
  CHECK(seen.line.find("  largest ") != std::string::npos);
  CHECK(printed.find("  largest ") != std::string::npos);

  const auto refused = [&](std::vector<Metric> given) {
    return error_text<ValueError>([&] { evaluate(model, data, {.metrics = std::move(given)}); });
  };
  for (const std::string name : {"loss", "epoch", "seconds", "validation_x", "mean_squared_error"}) {
    CHECK(refused({"mean_squared_error", {name, largest_error, Better::lower}}) ==
          "[metrics] expected a name that no other number of the history has, got '" + name + "'; rename the metric");
  }
}

TEST_CASE("outputs of NaN are wrong for every label") {
  const Tensor scores = Tensor::from({{not_a_number, not_a_number}, {not_a_number, 1}, {1, not_a_number}, {1, 2}});
  for (const Real label : {Real(0), Real(1)}) {
    const Tensor labels = Tensor::full({4}, label);
    CHECK(count_correct(scores, labels) == static_cast<Index>(label));
    CHECK(Metric("accuracy")(scores, batch_of(labels), 0) == label / 4);
    for (const Index k : {1, 2}) CHECK(top_k_accuracy(scores.rows(0, 3), labels.rows(0, 3), k) == 0);
    CHECK(top_k_accuracy(scores, labels, 2) == 0.25);
    CHECK(count_correct(Tensor::full({4, 1}, not_a_number), labels) == 0);
    for (const double threshold : {0.0, 0.5}) {
      CHECK(Metric("accuracy")(Tensor::full({4, 1}, not_a_number), batch_of(labels), threshold) == 0);
    }
    ConfusionMatrix matrix(2);
    matrix.add(scores, labels);
    const auto c = static_cast<Index>(label);
    CHECK(matrix.undefined(c) == 3);
    CHECK(matrix.undefined(1 - c) == 0);
    CHECK(matrix.accuracy() == label / 4);
    CHECK(matrix.recall(c) == label / 4);
    CHECK(matrix.count(c, 0) == 0);
    CHECK(matrix.count(c, 1) == 1);
    CHECK(to_string(matrix).find(fmt::format("3 of class {} have outputs of NaN\n", c)) != std::string::npos);
  }
  CHECK(std::isnan(predicted_classes(scores).data()[2]));
  const TemporaryFolder folder;
  ConfusionMatrix matrix(2);
  matrix.add(scores, Tensor::zeros({4}));
  matrix.write_csv(folder / "confusion.csv");
  CHECK(file_text(folder / "confusion.csv") == "true,predicted,count\n0,0,0\n0,1,1\n0,nan,3\n1,0,0\n1,1,0\n");
}

TEST_CASE("NaN is not the best value of a history") {
  History history;
  for (const double value : {double(not_a_number), 2.0, 1.0, double(not_a_number)}) {
    history.append({{"loss", value}, {"score", value, Better::higher}});
  }
  CHECK(history.best("loss") == 1);
  CHECK(history.best("score") == 2);
}
