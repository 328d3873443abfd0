// Gradients of micro-batches against those of the large batch that they make up.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

struct Losses : Callback {
  void on_step_end(TrainingState& state) override {
    values.push_back(state.batch_loss);
    means.push_back(state.training.loss);
    steps.push_back(state.step);
    CHECK(state.batch->inputs.defined());
  }
  std::vector<double> values, means;
  std::vector<Index> steps;
};

struct Trained {
  Sequential model;
  std::vector<double> losses, means;
  std::vector<Index> steps;
  std::int64_t updates;
};

Trained train(const Dataset& data, FitOptions options) {
  set_seed(5);
  Trained result{Sequential{Input{{3}}, Dense{5, {.activation = "tanh", .kernel_regularizer = {.l1 = 0.01, .l2 = 0.1}}},
                            LayerNormalization{}, Dense{2}},
                 {},
                 {},
                 {},
                 0};
  // A gradient that is left over must not get in.
  for (Parameter& parameter : result.model.parameters()) {
    parameter.set_gradient(Tensor::full(parameter.shape(), std::numeric_limits<Real>::quiet_NaN()));
  }
  SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
  Losses losses;
  options.epochs = 2;
  options.show_progress = false;
  options.callbacks = {&losses};
  fit(result.model, optimizer, data, options);
  result.losses = losses.values;
  result.means = losses.means;
  result.steps = losses.steps;
  result.updates = optimizer.steps();
  return result;
}

}  // namespace

TEST_CASE("micro-batches make the update of one large batch") {
  // 55 samples: two large batches of 24 and one of 7, which is a micro-batch or two, the last one short. With
  // drop_last, a full micro-batch is left over too.
  const Tolerance tolerance = sizeof(Real) == 8 ? Tolerance{1e-12, 1e-13} : Tolerance{1e-5, 1e-6};
  Generator random(3);
  const Tensor inputs = Tensor::normal({55, 3}, 0, 1, random);
  Tensor labels = Tensor::empty({55});
  for (Real& label : labels.values()) label = static_cast<Real>(random.below(2));
  Tensor weights = Tensor::uniform({55}, 0, 3, random);
  for (Index i = 0; i < 8; ++i) weights.data()[i] = static_cast<Real>(0.01);  // micro-batches of very different weight
  const Dataset plain(inputs, labels, 2);
  for (const Dataset& data :
       {plain, plain.with_weights(weights), Dataset(inputs, Tensor::normal({55, 2}, 0, 1, random))}) {
    for (const bool shuffle : {false, true}) {
      for (const bool drop_last : {false, true}) {
        CAPTURE(data.has_weights());
        CAPTURE(shuffle);
        CAPTURE(drop_last);
        Trained large = train(data, {.batch_size = 24, .shuffle = shuffle, .drop_last = drop_last});
        for (const Index parts : {3, 4, 6}) {
          CAPTURE(parts);
          Trained small = train(data, {.batch_size = 24 / parts,
                                       .gradient_accumulation_steps = parts,
                                       .shuffle = shuffle,
                                       .drop_last = drop_last});
          CHECK(small.updates == large.updates);
          CHECK(small.updates == (drop_last ? 4 : 6));
          CHECK(small.steps == large.steps);
          for (std::size_t i = 0; i < large.losses.size(); ++i) {
            CHECK(small.losses[i] == doctest::Approx(large.losses[i]).epsilon(tolerance.relative));
            CHECK(small.means[i] == doctest::Approx(large.means[i]).epsilon(tolerance.relative));
          }
          for (std::size_t i = 0; i < large.model.parameters().size(); ++i) {
            CAPTURE(large.model.parameters()[i].name());
            CHECK(difference(small.model.parameters()[i].value(), large.model.parameters()[i].value(), tolerance) ==
                  "");
          }
        }
      }
    }
  }
}

TEST_CASE("a last group of micro-batches that is not full is a smaller batch") {
  const Tolerance tolerance = sizeof(Real) == 8 ? Tolerance{1e-12, 1e-13} : Tolerance{1e-5, 1e-6};
  Generator random(3);
  // 13 samples in micro-batches of 3: a group of 9, and one of 3 and 1.
  const Dataset data(Tensor::normal({13, 3}, 0, 1, random), Tensor::normal({13, 2}, 0, 1, random));
  Trained large = train(data, {.batch_size = 9, .shuffle = false});
  Trained small = train(data, {.batch_size = 3, .gradient_accumulation_steps = 3, .shuffle = false});
  CHECK(small.updates == 4);
  for (std::size_t i = 0; i < large.model.parameters().size(); ++i) {
    CHECK(difference(small.model.parameters()[i].value(), large.model.parameters()[i].value(), tolerance) == "");
  }
}
