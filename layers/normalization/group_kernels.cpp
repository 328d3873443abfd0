#include <gradus/layers/normalization/group_kernels.h>

#include <gradus/core/kernels/reduce.h>
#include <gradus/core/kernels/strips.h>

#include <array>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls body(sample) for all samples of x (N, ..., C), in parallel.
template <class Body>
void for_samples(const Tensor& x, double passes, Body body) {
  const Index samples = x.shape()[0];
  const double cost =
      20 + passes * nanoseconds_per_element * static_cast<double>(x.size() / std::max<Index>(samples, 1));
  parallel_for(samples, cost, [&](Index begin, Index end) {
    for (Index n = begin; n < end; ++n) body(n);
  });
}

/// sums[s][c] = sum over the positions of term(position, first channel, width, partial), for all channels, in blocks of
/// positions so that rounding errors stay small. The sums may be written to what the terms read.
template <std::size_t Sums, class Term>
void sum_positions(Index positions, Index channels, const std::array<Real*, Sums>& sums, Term term) {
  for (Index first = 0; first < channels; first += strip) {
    const Index width = std::min(strip, channels - first);
    Real strip_sums[Sums][strip] = {};
    for_blocks({0, positions, first, width}, [&](const Piece& block) {
      Real partial[Sums][strip] = {};
      for (Index p = block.row; p < block.row + block.rows; ++p) term(p * channels + first, first, width, partial);
      for (std::size_t s = 0; s < Sums; ++s) add_row(partial[s], strip_sums[s], width);
    });
    for (std::size_t s = 0; s < Sums; ++s) std::copy_n(strip_sums[s], width, sums[s] + first);
  }
}

/// Puts function(sum over a group) into all channels of the group.
template <class Function>
void by_groups(Real* values, Index channels, Index groups, Function function) {
  const Index width = channels / groups;
  for (Index group = 0; group < groups; ++group) {
    Real* const first = values + group * width;
    std::fill_n(first, width, function(sum_of(first, width)));
  }
}

}  // namespace

void normalize_groups(const Tensor& x, Index groups, const Tensor& gamma, const Tensor& beta, Real epsilon,
                      Tensor& mean, Tensor& inv_std, Tensor& y) {
  const Index channels = features(x);
  const Index positions = x.shape()[0] == 0 ? 0 : row_count(x) / x.shape()[0];
  const Real values = static_cast<Real>(positions * (channels / groups));
  for_samples(x, 4, [&](Index n) {
    const Real* in = x.data() + n * positions * channels;
    Real* out = y.data() + n * positions * channels;
    Real* mu = mean.data() + n * channels;
    Real* scale = inv_std.data() + n * channels;
    // Sums of differences from the first value of the group, as in `column_statistics`.
    const auto base = [=, width = channels / groups](Index c) { return positions == 0 ? 0 : in[c - c % width]; };
    for (Index c = 0; c < channels; ++c) scale[c] = base(c);
    sum_positions<1>(positions, channels, {mu}, [&](Index at, Index first, Index width, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) partial[0][c] += in[at + c] - scale[first + c];
    });
    by_groups(mu, channels, groups, [=](Real sum) { return sum / values; });
    sum_positions<1>(positions, channels, {scale}, [&](Index at, Index first, Index width, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real centered = (in[at + c] - scale[first + c]) - mu[first + c];
        partial[0][c] += centered * centered;
      }
    });
    by_groups(scale, channels, groups, [=](Real sum) { return 1 / std::sqrt(sum / values + epsilon); });
    for (Index c = 0; c < channels; ++c) mu[c] += base(c);
    const Real* weight = gamma.data();
    const Real* shift = beta.data();
    for (Index p = 0; p < positions; ++p) {
      const Real* from = in + p * channels;
      Real* to = out + p * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        const Real xhat = (from[c] - mu[c]) * scale[c];
        to[c] = (weight == nullptr ? xhat : xhat * weight[c]) + (shift == nullptr ? 0 : shift[c]);
      }
    }
  });
}

void normalize_groups_backward(const Tensor& x, const Tensor& dy, Index groups, const Tensor& mean,
                               const Tensor& inv_std, const Tensor& gamma, Tensor& dgamma, Tensor& dbeta, Tensor& dx) {
  const Index channels = features(x);
  const Index positions = x.shape()[0] == 0 ? 0 : row_count(x) / x.shape()[0];
  const Real values = static_cast<Real>(positions * (channels / groups));
  Tensor mean_d = Tensor::empty(mean.shape());
  Tensor mean_d_xhat = Tensor::empty(mean.shape());
  for_samples(x, 5, [&](Index n) {
    const Real* in = x.data() + n * positions * channels;
    const Real* g = dy.data() + n * positions * channels;
    Real* out = dx.data() + n * positions * channels;
    const Real* mu = mean.data() + n * channels;
    const Real* scale = inv_std.data() + n * channels;
    const Real* weight = gamma.data();
    Real* db = dbeta.data() + n * channels;
    Real* dg = dgamma.data() + n * channels;
    sum_positions<2>(positions, channels, {db, dg}, [&](Index at, Index first, Index width, Real(&partial)[2][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        partial[0][c] += g[at + c];
        partial[1][c] += g[at + c] * ((in[at + c] - mu[first + c]) * scale[first + c]);
      }
    });
    Real* d = mean_d.data() + n * channels;
    Real* d_xhat = mean_d_xhat.data() + n * channels;
#pragma omp simd
    for (Index c = 0; c < channels; ++c) {
      d[c] = weight == nullptr ? db[c] : db[c] * weight[c];
      d_xhat[c] = weight == nullptr ? dg[c] : dg[c] * weight[c];
    }
    by_groups(d, channels, groups, [=](Real sum) { return sum / values; });
    by_groups(d_xhat, channels, groups, [=](Real sum) { return sum / values; });
    for (Index p = 0; p < positions; ++p) {
      const Index at = p * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        const Real xhat = (in[at + c] - mu[c]) * scale[c];
        const Real upstream = weight == nullptr ? g[at + c] : g[at + c] * weight[c];
        out[at + c] = scale[c] * (upstream - d[c] - xhat * d_xhat[c]);
      }
    }
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
