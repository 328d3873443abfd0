// Several threads, each with a model of its own or all with one; ThreadSanitizer runs this file, too.
#include "support/compare.h"
#include "support/temporary_folder.h"
#include "support/two_clouds.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <thread>

using namespace gradus;

namespace {

Sequential make_model() {
  return Sequential{Input{{2}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dropout{0.2},
                    Dense{2}};
}

/// Runs body(i) in a thread for each i below n.
template <class Body>
void in_threads(int n, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

Tensor trained_kernel(const Dataset& data, std::uint64_t seed) {
  set_seed(seed);
  Sequential model = make_model();
  Adam optimizer;
  fit(model, optimizer, data, {.epochs = 2, .batch_size = 32, .validation = &data, .show_progress = false});
  return model.parameters()["dense.kernel"].value().clone();
}

}  // namespace

TEST_CASE("models that train in threads of their own learn what they learn alone") {
  const Dataset data = two_clouds(200);
  constexpr int count = 3;
  std::vector<Tensor> alone, together(count);
  for (int i = 0; i < count; ++i) alone.push_back(trained_kernel(data, static_cast<std::uint64_t>(i)));
  in_threads(count, [&](int i) {
    together[static_cast<std::size_t>(i)] = trained_kernel(data, static_cast<std::uint64_t>(i));
  });
  for (std::size_t i = 0; i < count; ++i) CHECK(same_bits(together[i], alone[i]));
}

TEST_CASE("trainings in threads prefetch, save and go on") {
  const Dataset data = two_clouds(120);
  const TemporaryFolder folder;
  const auto train = [&](int i, int epochs) {
    set_seed(static_cast<std::uint64_t>(i));
    Sequential model = make_model();
    Adam optimizer;
    const auto scale = [](Batch& batch, RandomKey) {
      for (Real& x : batch.inputs.values()) x *= 2;
    };
    Prefetched batches(Transformed(DataLoader(data, {.batch_size = 16, .shuffle = true}), scale));
    fit(model, optimizer, batches,
        {.epochs = epochs,
         .validation = &data,
         .show_progress = false,
         .checkpoint =
             Checkpoint(folder / fmt::format("{}", i), {.every_steps = 3, .resume = true, .verbose = false})});
    return model.parameters()["dense.kernel"].value().clone();
  };
  constexpr int count = 3;
  std::vector<Tensor> alone, together(count);
  for (int i = 0; i < count; ++i) alone.push_back(train(i, 3));
  for (int i = 0; i < count; ++i) std::filesystem::remove_all(folder / fmt::format("{}", i));
  in_threads(count, [&](int i) {
    train(i, 1);
    together[static_cast<std::size_t>(i)] = train(i, 3);
  });
  for (std::size_t i = 0; i < count; ++i) CHECK(same_bits(together[i], alone[i]));
}

TEST_CASE("a const model predicts and evaluates in several threads at once") {
  const Dataset data = two_clouds(300);
  const Sequential model = make_model();
  const Tensor inputs = data.batch().inputs;
  std::vector<Tensor> outputs(4);
  std::vector<double> losses(4);
  in_threads(4, [&](int i) {
    for (int repeat = 0; repeat < 20; ++repeat) outputs[static_cast<std::size_t>(i)] = model.predict(inputs);
    losses[static_cast<std::size_t>(i)] = evaluate(model, data).loss;
    CHECK(model.summary().size() > 100);
    CHECK(model.parameters().size() == 5);
  });
  for (const Tensor& output : outputs) CHECK(same_bits(output, outputs[0]));
  for (const double loss : losses) CHECK(loss == losses[0]);
}

TEST_CASE("tapes of several threads do not see one another") {
  Parameter shared("shared", Tensor::full({64}, 3));
  in_threads(4, [&](int i) {
    Parameter own("own", Tensor::full({64}, static_cast<Real>(i)));
    for (int repeat = 0; repeat < 50; ++repeat) {
      GradientTape tape;
      const Variable constant = std::as_const(shared);
      tape.backward(sum(square(own) * constant));
      CHECK(own.gradient().data()[0] == static_cast<Real>(6 * i));
    }
  });
}
