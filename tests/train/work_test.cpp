// How much work a training step makes, counted: what a benchmark measures by the clock, without the clock.
#include "bench/allocations.h"
#include "support/compare.h"

#include <gradus/core/kernels/gemm.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <memory>

using namespace gradus;

namespace {

struct Network {
  std::string name;
  Index batch, inputs;
  std::vector<Index> hidden;
  std::string activation, normalization;
  double dropout;
  bool adam;
};

struct Work {
  std::size_t operations;  ///< on the tape
  std::int64_t loops;      ///< in parallel
  std::int64_t chunks;
  std::int64_t storages;  ///< tensors that are not views
  std::int64_t heap_allocations;
  std::int64_t pool_allocations;
};

std::string to_string(const Work& w) {
  return fmt::format("{{{}, {}, {}, {}, {}, {}}}", w.operations, w.loops, w.chunks, w.storages, w.heap_allocations,
                     w.pool_allocations);
}

Sequential make_model(const Network& network) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{network.inputs}));
  for (const Index units : network.hidden) {
    layers.push_back(std::make_unique<Dense>(units));
    if (network.normalization == "batch") layers.push_back(std::make_unique<BatchNormalization>());
    if (network.normalization == "layer") layers.push_back(std::make_unique<LayerNormalization>());
    layers.push_back(std::make_unique<Activation>(network.activation));
    if (network.dropout > 0) layers.push_back(std::make_unique<Dropout>(network.dropout));
  }
  layers.push_back(std::make_unique<Dense>(10));
  return Sequential(std::move(layers));
}

/// Of one step, after two that warm up.
Work work_of_a_step(const Network& network) {
  Sequential model = make_model(network);
  const std::unique_ptr<Optimizer> optimizer =
      network.adam ? std::unique_ptr<Optimizer>(std::make_unique<Adam>())
                   : std::make_unique<SGD>(SGDOptions{.learning_rate = 0.01, .momentum = 0.9});
  Generator random(1);
  const Tensor x = Tensor::normal({network.batch, network.inputs}, 0, 1, random);
  Tensor labels = Tensor::empty({network.batch});
  for (Real& label : labels.values()) label = static_cast<Real>(random.below(10));
  Work work{};
  for (int step = 0; step < 3; ++step) {
    const std::int64_t heap = heap_allocations();
    const PoolStatistics pool = pool_statistics();
    const ParallelStatistics parallel = parallel_statistics();
    GradientTape tape;
    const Variable loss = softmax_cross_entropy(model(x, Mode::training), labels);
    work.operations = tape.size();
    tape.backward(loss);
    optimizer->step(model.parameters());
    work.loops = parallel_statistics().loops - parallel.loops;
    work.chunks = parallel_statistics().chunks - parallel.chunks;
    work.storages = pool_statistics().requests - pool.requests;
    work.pool_allocations = pool_statistics().allocations - pool.allocations;
    work.heap_allocations = heap_allocations() - heap;
  }
#ifdef __SANITIZE_ADDRESS__  // under which the pool keeps nothing, so that late accesses are seen
  work.heap_allocations = work.pool_allocations = 0;
#endif
  return work;
}

}  // namespace

TEST_CASE("the work of a training step is what it was") {
  // A change that makes less work lowers its row; one that makes more has to be worth it. Products are cut into panels
  // of whole tiles: the numbers of loops and chunks are those of AVX-512, and other machines check the rest.
  const bool same_tiles = gemm_tile_height() == 14 && gemm_tile_width(64) == 32;
  struct Row {
    Network network;
    Work budget;
  };
  const Row rows[] = {
      {{"with batch normalization and dropout", 64, 784, {256, 128}, "relu", "batch", 0.2, true},
       {10, 6, 39, 33, 0, 0}},
      {{"narrow, without", 60, 784, {100, 100, 100}, "sigmoid", "none", 0, false}, {8, 3, 22, 22, 0, 0}},
      {{"narrow, with", 60, 784, {100, 100, 100}, "sigmoid", "batch", 0, false}, {11, 3, 22, 40, 0, 0}},
      {{"wide", 128, 784, {512, 512, 512}, "gelu", "layer", 0.1, true}, {14, 33, 270, 39, 0, 0}},
      {{"deep", 32, 32, {64, 64, 64, 64, 64, 64, 64, 64}, "tanh", "batch", 0, false}, {26, 0, 0, 94, 0, 0}},
      {{"tiny", 4, 32, {32, 32}, "relu", "none", 0, false}, {6, 0, 0, 16, 0, 0}},
  };
  const int before = threads();
  for (const auto& [network, budget] : rows) {
    for (const int team : {1, 2, 4}) {
      set_threads(team);
      Work work = work_of_a_step(network);
      if (!same_tiles) work.loops = budget.loops, work.chunks = budget.chunks;
      INFO(network.name, ", ", team, " threads: operations, loops, chunks, storages, heap and pool allocations");
      CHECK_EQ(to_string(work), to_string(budget));
    }
  }
  set_threads(before);
}
