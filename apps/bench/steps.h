#pragma once

#include "allocations.h"
#include "timing.h"

#include <gradus/autograd/profile/profile.h>

#include <fmt/core.h>

#include <cstdint>
#include <vector>

/// Steps as they ran, without the first fifth.
struct MeasuredSteps {
  std::vector<double> seconds;  ///< sorted
  double allocations;           ///< heap allocations per step

  double milliseconds(std::size_t percent) const { return 1e3 * percentile(seconds, percent); }
};

/// Runs step(i) `count` times.
template <class Step>
MeasuredSteps measure_steps(int count, Step step) {
  std::int64_t before = 0;
  std::vector<double> seconds = seconds_of(count, [&](int i) {
    if (i == count / 5) before = heap_allocations();
    step(i);
  });
  const auto allocations = static_cast<double>(heap_allocations() - before);
  return {std::move(seconds), allocations / static_cast<double>(count - count / 5)};
}

/// Runs step(i) `count` times and prints the time of each operation.
template <class Step>
void print_profile(int count, Step step) {
  gradus::Profile profile;
  for (int i = 0; i < count; ++i) {
    profile.skip();
    step(i);
    profile.end_step();
  }
  fmt::print("{}", to_string(profile));
}
