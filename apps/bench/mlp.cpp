#include "mlp.h"

#include "memory.h"
#include "steps.h"

#include <gradus/gradus.h>

#include <nlohmann/json.hpp>

using namespace gradus;

void bench_mlp(const MlpOptions& o) {
  if (o.threads > 0) set_threads(o.threads);
  set_seed(0);
  Sequential model = make_model(o);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(o);
  constexpr Index batches = 64;
  const Tensor inputs = Tensor::normal({batches * o.batch, o.inputs}, 0, 1);
  Tensor labels = Tensor::empty({batches * o.batch});
  for (Real& label : labels.values()) label = static_cast<Real>(default_generator().below(o.outputs));

  const auto step = [&](int i) {
    const Index row = i % batches * o.batch;
    GradientTape tape;
    const Variable logits = model(inputs.rows(row, row + o.batch), Mode::training);
    tape.backward(softmax_cross_entropy(logits, labels.rows(row, row + o.batch)));
    optimizer->step(model.parameters());
  };

  const MeasuredSteps steps = measure_steps(o.steps, step);
  if (o.profile) {
    print_profile(o.steps, step);
    return;
  }

  const double peak = peak_rss_mb();
  const Tensor one = inputs.rows(0, 1).clone();
  const auto inference_us = [&](Sequential& network) {
    return 1e6 * percentile(seconds_of(1000, [&](int) { network.predict(one); }), 50);
  };
  const double inference = inference_us(model);
  Sequential folded = fold_batch_normalization(model);
  const double folded_inference = inference_us(folded);

  if (o.json) {
    const nlohmann::ordered_json line{{"median_ms", steps.milliseconds(50)},
                                      {"p10_ms", steps.milliseconds(10)},
                                      {"inference_us", inference},
                                      {"folded_inference_us", folded_inference},
                                      {"allocations_per_step", steps.allocations},
                                      {"peak_rss_mb", peak},
                                      {"threads", threads()},
                                      {"batch", o.batch},
                                      {"inputs", o.inputs},
                                      {"hidden", o.hidden},
                                      {"outputs", o.outputs},
                                      {"activation", o.activation},
                                      {"norm", o.norm},
                                      {"optimizer", o.optimizer},
                                      {"dropout", o.dropout},
                                      {"steps", o.steps}};
    fmt::print("{}\n", line.dump());
  } else {
    fmt::print(
        "{}\n\ntraining step     {:.4f} ms (median), {:.4f} ms (10th percentile)\n"
        "batch of 1        {:.1f} us, {:.1f} us with batch normalization folded\n"
        "heap allocations  {:.2f} per step\npeak memory       {:.1f} MB\n",
        about(), steps.milliseconds(50), steps.milliseconds(10), inference, folded_inference, steps.allocations, peak);
  }
}
