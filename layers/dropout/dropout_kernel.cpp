#include <gradus/layers/dropout/dropout_kernel.h>

#include <gradus/core/parallel.h>
#include <gradus/core/philox.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Tensor drop(const Tensor& x, double rate, RandomKey key) {
  constexpr int lanes = 32;
  constexpr Index block = 4 * lanes;  // elements per evaluation of the generator
  constexpr double nanoseconds_per_block = 70;
  Tensor y = Tensor::empty(x.shape());
  const auto threshold = static_cast<std::uint32_t>(std::min(std::ldexp(rate, 32), 0x1p32 - 1));
  const auto scale = static_cast<Real>(1 / (1 - rate));
  const Real* in = x.data();
  Real* out = y.data();
  const Index n = x.size();
  parallel_for((n + block - 1) / block, nanoseconds_per_block, [=](Index begin, Index end) {
    for (Index b = begin; b < end; ++b) {
      const PhiloxLanes<lanes> random(key, static_cast<std::uint64_t>(b) * lanes);
      for (int w = 0; w < 4; ++w) {
        const Index first = b * block + w * lanes;
        Real factor[lanes];
#pragma omp simd
        for (int lane = 0; lane < lanes; ++lane) factor[lane] = random(w, lane) >= threshold ? Real{1} : Real{0};
        const Index width = std::min<Index>(lanes, n - first);
#pragma omp simd
        for (Index lane = 0; lane < width; ++lane) out[first + lane] = in[first + lane] * (factor[lane] * scale);
      }
    }
  });
  return y;
}

}  // namespace gradus::inline GRADUS_PRECISION
