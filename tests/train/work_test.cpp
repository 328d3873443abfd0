// How much work a training step makes, counted: what a benchmark measures by the clock, without the clock.
#include "bench/allocations.h"
#include "bench/network.h"
#include "support/compare.h"

#include <gradus/core/kernels/gemm.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <memory>

using namespace gradus;

namespace {

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

/// Of one step, after two that warm up.
Work work_of_a_step(const Network& network) {
  Sequential model = make_model(network);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(network);
  Generator random(1);
  const Tensor x = Tensor::normal({network.batch, network.inputs}, 0, 1, random);
  Tensor labels = Tensor::empty({network.batch});
  for (Real& label : labels.values()) label = static_cast<Real>(random.below(network.outputs));
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
  const bool same_tiles = tile_rows == 14 && gemm_tile_width(64) == 32;
  struct Row {
    std::string name;
    Network network;
    Work budget;
  };
  const Row rows[] = {
      {"with batch normalization and dropout", {.norm = "batch", .dropout = 0.2}, {8, 6, 39, 30, 0, 0}},
      {"narrow, without",
       {.batch = 60, .hidden = {100, 100, 100}, .activation = "sigmoid", .optimizer = "sgd"},
       {8, 3, 22, 22, 0, 0}},
      {"narrow, with",
       {.batch = 60, .hidden = {100, 100, 100}, .activation = "sigmoid", .norm = "batch", .optimizer = "sgd"},
       {11, 3, 22, 40, 0, 0}},
      {"wide",
       {.batch = 128, .hidden = {512, 512, 512}, .activation = "gelu", .norm = "layer", .dropout = 0.1},
       {14, 33, 270, 39, 0, 0}},
      {"deep",
       {.batch = 32,
        .inputs = 32,
        .hidden = std::vector<Index>(8, 64),
        .activation = "tanh",
        .norm = "batch",
        .optimizer = "sgd"},
       {26, 0, 0, 94, 0, 0}},
      {"tiny", {.batch = 4, .inputs = 32, .hidden = {32, 32}, .optimizer = "sgd"}, {6, 0, 0, 16, 0, 0}},
  };
  const int before = threads();
  for (const Row& row : rows) {
    for (const int team : {1, 2, 4}) {
      set_threads(team);
      Work work = work_of_a_step(row.network);
      if (!same_tiles) {
        work.loops = row.budget.loops;
        work.chunks = row.budget.chunks;
      }
      INFO(row.name, ", ", team, " threads: operations, loops, chunks, storages, heap and pool allocations");
      CHECK_EQ(to_string(work), to_string(row.budget));
    }
  }
  set_threads(before);
}
