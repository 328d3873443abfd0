#include <gradus/core/parallel.h>
#include <gradus/core/storage.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/clip.h>
#include <gradus/optim/sgd.h>

#include "optim/parameter_list.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <initializer_list>
#include <new>

using namespace gradus;

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  return memory != nullptr ? memory : throw std::bad_alloc();
}

}  // namespace

// All other forms of new call one of these two.
void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

TEST_CASE("optimizer: no allocation after the first step") {
  const ParameterList list({{401, 300}, {300}, {300, 299}, {7}});
  list[1].set_trainable(false);
  SGD sgd{{.momentum = 0.9}};
  Adam adam;
  AdamW adamw{{.amsgrad = true}};
  for (Optimizer* optimizer : std::initializer_list<Optimizer*>{&sgd, &adam, &adamw}) {
    CAPTURE(optimizer->name());
    const long before_first = allocations;
    optimizer->step(list.all());
    CHECK_GT(allocations, before_first);  // the count works
    const long after_first = allocations;
    const auto requests = pool_statistics().requests;
    for (int step = 0; step < 10; ++step) {
      clip_by_global_norm(list.all(), 1e-3 / (step + 1));
      optimizer->step(list.all());
    }
    const long after_all = allocations;
    CHECK_EQ(after_all, after_first);
    CHECK_EQ(pool_statistics().requests, requests);
  }
}
