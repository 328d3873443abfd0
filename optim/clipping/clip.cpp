#include <gradus/optim/clipping/clip.h>

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/lanes.h>
#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>

#include <array>
#include <cmath>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr Index chunks = 64;

double cost_of_chunk(Parameters parameters) {
  return nanoseconds_per_element * static_cast<double>(padded_size(parameters)) / chunks;
}

double sum_of_squares(const Real* x, Index n) {
  return reduce_in_lanes<Sum, double>(n,
                                      [x](Index i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
}

double global_norm(Parameters parameters) {
  const std::uint64_t passes = backward_passes();
  std::array<double, chunks> sums{};  // one per chunk, added in order
  parallel_for(chunks, cost_of_chunk(parameters), [&](Index first, Index last) {
    for (Index chunk = first; chunk < last; ++chunk) {
      double& sum = sums[static_cast<std::size_t>(chunk)];
      for (const Parameter& parameter : parameters) {
        const auto [begin, end] = find_segment(parameter, chunk, chunk + 1, chunks);
        if (begin < end && parameter.has_gradient(passes))
          sum += sum_of_squares(parameter.gradient().data() + begin, end - begin);
      }
    }
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

/// g = function(g) for every element of all trainable gradients.
template <class Function>
void transform_gradients(Parameters parameters, Function function) {
  const std::uint64_t passes = backward_passes();
  parallel_for(chunks, cost_of_chunk(parameters), [&](Index first, Index last) {
    for (Parameter& parameter : parameters) {
      const Segment segment = find_segment(parameter, first, last, chunks);
      if (segment.begin == segment.end || !parameter.has_gradient(passes)) continue;
      Real* g = parameter.gradient().data();
#pragma omp simd
      for (Index i = segment.begin; i < segment.end; ++i) g[i] = function(g[i]);
    }
  });
}

double scale_down(Parameters parameters, double max_norm) {
  const double norm = global_norm(parameters);
  if (!(norm > max_norm) || std::isinf(norm)) return norm;
  const Real scale = static_cast<Real>(max_norm / norm);
  transform_gradients(parameters, [scale](Real g) { return g * scale; });
  return norm;
}

void check_arguments(std::string_view context, Parameters parameters, std::string_view option, double value) {
  check(value > 0, "[{}] expected a {} above 0, got {}", context, option, value);
  check_gradients(context, parameters);
}

}  // namespace

double clip_by_global_norm(Parameters parameters, double max_norm) {
  check_arguments("clip_by_global_norm", parameters, "norm", max_norm);
  return scale_down(parameters, max_norm);
}

void clip_by_norm(Parameters parameters, double max_norm) {
  check_arguments("clip_by_norm", parameters, "norm", max_norm);
  for (Parameter& parameter : parameters) {
    Parameter* const alone = &parameter;
    scale_down(Parameters(std::span(&alone, 1)), max_norm);
  }
}

void clip_by_value(Parameters parameters, double limit) {
  check_arguments("clip_by_value", parameters, "limit", limit);
  const Real max = static_cast<Real>(limit);
  transform_gradients(parameters, [max](Real g) { return g > max ? max : g < -max ? -max : g; });
}

}  // namespace gradus::inline GRADUS_PRECISION
