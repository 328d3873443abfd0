#include <gradus/optim/clip.h>

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/lanes.h>
#include <gradus/optim/segments.h>

#include <array>
#include <cmath>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

double sum_of_squares(const Real* x, Index n) {
  return sum_in_lanes<double>(n, [x](Index i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
}

constexpr Index shares = 64;

double cost_of_share(Index blocks) {
  return nanoseconds_per_element * static_cast<double>(blocks * segment_block) / shares;
}

double scale_down(std::string_view place, Parameters parameters, double max_norm) {
  check(max_norm > 0, "[{}] expected a norm above 0, got {}", place, max_norm);
  const double cost = cost_of_share(count_blocks(place, parameters));
  std::array<double, shares> sums{};  // each by itself, then in order
  parallel_for(shares, cost, [&](Index begin, Index end) {
    for (Index share = begin; share < end; ++share) {
      double& sum = sums[static_cast<std::size_t>(share)];
      for_segments(parameters, share, share + 1, shares, [&](const Segment& segment) {
        sum += sum_of_squares(segment.parameter.gradient().data() + segment.begin, segment.size);
      });
    }
  });
  const double norm = std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
  if (!(norm > max_norm) || std::isinf(norm)) return norm;

  const Real scale = static_cast<Real>(max_norm / norm);
  parallel_for(shares, cost, [&](Index first, Index last) {
    for_segments(parameters, first, last, shares, [&](const Segment& segment) {
      Real* gradient = segment.parameter.gradient().data() + segment.begin;
#pragma omp simd
      for (Index i = 0; i < segment.size; ++i) gradient[i] *= scale;
    });
  });
  return norm;
}

}  // namespace

double clip_by_global_norm(Parameters parameters, double max_norm) {
  return scale_down("clip_by_global_norm", parameters, max_norm);
}

void clip_by_norm(Parameters parameters, double max_norm) {
  count_blocks("clip_by_norm", parameters);  // so that an error comes before any gradient has changed
  for (Parameter& parameter : parameters) {
    Parameter* const alone = &parameter;
    scale_down("clip_by_norm", Parameters({&alone, 1}), max_norm);
  }
}

void clip_by_value(Parameters parameters, double limit) {
  check(limit > 0, "[clip_by_value] expected a limit above 0, got {}", limit);
  const Real bound = static_cast<Real>(limit);
  parallel_for(shares, cost_of_share(count_blocks("clip_by_value", parameters)), [&](Index first, Index last) {
    for_segments(parameters, first, last, shares, [&](const Segment& segment) {
      Real* gradient = segment.parameter.gradient().data() + segment.begin;
#pragma omp simd
      for (Index i = 0; i < segment.size; ++i) {
        const Real g = gradient[i];
        gradient[i] = g > bound ? bound : g < -bound ? -bound : g;
      }
    });
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
