#include "peak.h"

#include "timing.h"

#include <gradus/core/parallel.h>

#include <array>
#include <atomic>

using namespace gradus;

namespace {

// Compiled for the instruction set of the library, see CMakeLists.txt.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
constexpr int lanes = vector_bytes / static_cast<int>(sizeof(Real));
using Vector [[gnu::vector_size(vector_bytes)]] = Real;

// More chains than an operation takes cycles, times the units that compute them; with their factors in 16 registers.
constexpr int chains = 12;
constexpr Index steps = 200'000;

/// Multiplies and adds in each chain; returns a number that depends on all, so that none is left out.
Real run_chains(Real start) {
  std::array<Vector, chains> sums;
  for (int i = 0; i < chains; ++i) sums[static_cast<std::size_t>(i)] = Vector{} + (start + static_cast<Real>(i));
  const Vector factor = Vector{} + Real(0.999);
  const Vector shift = Vector{} + start;
  for (Index step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (Vector& sum : sums) sum = sum * factor + shift;
  }
  Vector total{};
  for (const Vector& sum : sums) total += sum;
  Real result = 0;
  for (int lane = 0; lane < lanes; ++lane) result += total[lane];
  return result;
}

}  // namespace

double peak_rate() {
  const std::atomic<Real> start = 1;
  std::atomic<Real> sink;
  const auto body = [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) sink = run_chains(start);
  };
  constexpr double nanoseconds = 1e6;  // enough for a chunk of its own for each thread
  const std::vector<double> seconds = seconds_of(40, [&](int) { parallel_for(threads(), nanoseconds, body); });
  return 2.0 * chains * lanes * static_cast<double>(steps) * threads() / seconds.front();
}
