#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

/// The run time of body().
template <class Body>
double seconds_for(Body body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Runs body(i) `count` times and returns the run times, sorted, without those of the first fifth.
template <class Body>
std::vector<double> seconds_of(int count, Body body) {
  std::vector<double> seconds(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) seconds[static_cast<std::size_t>(i)] = seconds_for([&] { body(i); });
  seconds.erase(seconds.begin(), seconds.begin() + count / 5);
  std::ranges::sort(seconds);
  return seconds;
}

/// The value below which `percent` of the sorted values lie.
inline double percentile(const std::vector<double>& sorted, std::size_t percent) {
  return sorted[sorted.size() * percent / 100];
}

/// Run times of body(), sorted: samples for about `budget` seconds, after a warm-up of a fifth of that. A sample of
/// short calls is the mean of several, because reading the clock takes about 25 ns.
template <class Body>
std::vector<double> sampled_seconds(double budget, Body body) {
  constexpr double min_sample_seconds = 10e-6;
  constexpr double min_samples = 10;
  body();  // the first call also allocates memory
  double warm = 0;
  int calls = 0;
  for (; calls == 0 || warm < budget / 5; ++calls) warm += seconds_for(body);
  const double call = warm / calls;
  const int calls_per_sample = static_cast<int>(std::max(1.0, min_sample_seconds / call));
  const double samples = std::max(min_samples, budget / (call * calls_per_sample));
  std::vector<double> seconds = seconds_of(static_cast<int>(samples), [&](int) {
    for (int i = 0; i < calls_per_sample; ++i) body();
  });
  for (double& sample : seconds) sample /= calls_per_sample;
  return seconds;
}

template <class Body>
double median_seconds(double budget, Body body) {
  return percentile(sampled_seconds(budget, body), 50);
}
