#include "mlp.h"

#include "allocations.h"
#include "memory.h"
#include "timing.h"

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

  std::int64_t allocations = 0;
  const std::vector<double> steps = seconds_of(o.steps, [&](int i) {
    if (i == o.steps / 5) allocations = heap_allocations();
    step(i);
  });
  allocations = heap_allocations() - allocations;

  if (o.profile) {
    Profile profile;
    for (int i = 0; i < o.steps; ++i) {
      profile.skip();
      step(i);
      profile.end_step();
    }
    fmt::print("{}", to_string(profile));
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

  const double per_step = static_cast<double>(allocations) / static_cast<double>(o.steps - o.steps / 5);
  if (o.json) {
    const nlohmann::ordered_json line{{"median_ms", 1e3 * percentile(steps, 50)},
                                      {"p10_ms", 1e3 * percentile(steps, 10)},
                                      {"inference_us", inference},
                                      {"folded_inference_us", folded_inference},
                                      {"allocations_per_step", per_step},
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
        about(), 1e3 * percentile(steps, 50), 1e3 * percentile(steps, 10), inference, folded_inference, per_step, peak);
  }
}
