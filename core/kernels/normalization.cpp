#include <gradus/core/kernels/normalization.h>

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

// Columns are worked on in strips of 4 cache lines: 64 rows of a strip stay in the first-level cache.
constexpr Index strip = 64;

Index features(const Tensor& x) { return x.shape()[-1]; }
Index row_count(const Tensor& x) { return features(x) == 0 ? 0 : x.size() / features(x); }

/// Calls body(first column, width) for every strip, in parallel.
template <class Body>
void for_strips(const Tensor& x, double passes, Body body) {
  const Index columns = features(x);
  const double cost = passes * nanoseconds_per_element * static_cast<double>(strip * row_count(x));
  parallel_for((columns + strip - 1) / strip, cost, [&](Index begin, Index end) {
    for (Index s = begin; s < end; ++s) body(s * strip, std::min(strip, columns - s * strip));
  });
}

/// sums[c] = sum over the rows of term(row, c), in blocks of 64 rows so that rounding errors stay small.
template <std::size_t Sums, class Term>
void sum_columns(Index rows, Index width, Real (&sums)[Sums][strip], Term term) {
  for (auto& sum : sums) std::fill_n(sum, width, Real{0});
  for (Index block = 0; block < rows; block += 64) {
    Real partial[Sums][strip] = {};
    for (Index r = block; r < std::min(rows, block + 64); ++r) term(r, partial);
    for (std::size_t s = 0; s < Sums; ++s) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) sums[s][c] += partial[s][c];
    }
  }
}

}  // namespace

void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* in = x.data() + first;
    Real* mu = mean.data() + first;
    Real* sigma2 = variance.data() + first;
    Real sum[1][strip];
    sum_columns(rows, width, sum, [&](Index r, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) partial[0][c] += in[r * columns + c];
    });
    for (Index c = 0; c < width; ++c) mu[c] = sum[0][c] / static_cast<Real>(rows);
    sum_columns(rows, width, sum, [&](Index r, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real centered = in[r * columns + c] - mu[c];
        partial[0][c] += centered * centered;
      }
    });
    for (Index c = 0; c < width; ++c) sigma2[c] = sum[0][c] / static_cast<Real>(rows);
  });
}

Tensor inverse_deviation(const Tensor& variance, Real epsilon) {
  return map(variance, [epsilon](Real v) { return 1 / std::sqrt(v + epsilon); });
}

void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& inverse, const Tensor& gamma,
                       const Tensor& beta, Tensor& y) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 1, [&](Index first, Index width) {
    Real scale[strip];
    Real shift[strip];
    for (Index c = 0; c < width; ++c) {
      scale[c] = inverse.data()[first + c] * (gamma.defined() ? gamma.data()[first + c] : 1);
      shift[c] = beta.defined() ? beta.data()[first + c] : 0;
    }
    const Real* mu = mean.data() + first;
    for (Index r = 0; r < rows; ++r) {
      const Real* in = x.data() + r * columns + first;
      Real* out = y.data() + r * columns + first;
#pragma omp simd
      for (Index c = 0; c < width; ++c) out[c] = (in[c] - mu[c]) * scale[c] + shift[c];
    }
  });
}

void column_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse, Tensor& dgamma,
                      Tensor& dbeta) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* in = x.data() + first;
    const Real* g = dy.data() + first;
    const Real* mu = mean.data() + first;
    Real sums[2][strip];
    sum_columns(rows, width, sums, [&](Index r, Real(&partial)[2][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real upstream = g[r * columns + c];
        partial[0][c] += upstream;
        partial[1][c] += upstream * (in[r * columns + c] - mu[c]);
      }
    });
    std::copy_n(sums[0], width, dbeta.data() + first);
    for (Index c = 0; c < width; ++c) dgamma.data()[first + c] = sums[1][c] * inverse.data()[first + c];
  });
}

void normalize_columns_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse,
                                const Tensor& gamma, const Tensor& dgamma, const Tensor& dbeta, Tensor& dx) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    Real scale[strip];
    Real mean_upstream[strip];
    Real slope[strip];
    for (Index c = 0; c < width; ++c) {
      const Index f = first + c;
      scale[c] = inverse.data()[f] * (gamma.defined() ? gamma.data()[f] : 1);
      mean_upstream[c] = dbeta.data()[f] / static_cast<Real>(rows);
      slope[c] = inverse.data()[f] * dgamma.data()[f] / static_cast<Real>(rows);
    }
    const Real* mu = mean.data() + first;
    for (Index r = 0; r < rows; ++r) {
      const Real* in = x.data() + r * columns + first;
      const Real* g = dy.data() + r * columns + first;
      Real* out = dx.data() + r * columns + first;
#pragma omp simd
      for (Index c = 0; c < width; ++c) out[c] = scale[c] * (g[c] - mean_upstream[c] - (in[c] - mu[c]) * slope[c]);
    }
  });
}

namespace {

/// Calls body(row) for all rows, in parallel.
template <class Body>
void for_rows(const Tensor& x, double passes, Body body) {
  const double cost = 5 + passes * nanoseconds_per_element * static_cast<double>(features(x));
  parallel_for(row_count(x), cost, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) body(r);
  });
}

/// The sum of term(i) for i below n, in 16 lanes.
template <class Term>
Real sum_terms(Index n, Term term) {
  constexpr Index lanes = 16;
  Real partial[lanes] = {};
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (Index l = 0; l < lanes; ++l) partial[l] += term(i + l);
  }
  Real sum = 0;
  for (; i < n; ++i) sum += term(i);
  for (const Real lane : partial) sum += lane;
  return sum;
}

}  // namespace

void normalize_rows(const Tensor& x, const Tensor& gamma, const Tensor& beta, Real epsilon, Tensor& mean,
                    Tensor& inverse, Tensor& y) {
  const Index n = features(x);
  for_rows(x, 4, [&](Index r) {
    const Real* in = x.data() + r * n;
    Real* out = y.data() + r * n;
    const Real mu = mean.defined() ? sum_of(in, n) / static_cast<Real>(n) : 0;
    const Real variance = sum_terms(n, [=](Index i) { return (in[i] - mu) * (in[i] - mu); }) / static_cast<Real>(n);
    const Real scale = 1 / std::sqrt(variance + epsilon);
    if (mean.defined()) mean.data()[r] = mu;
    inverse.data()[r] = scale;
    const Real* weight = gamma.data();
    const Real* shift = beta.data();
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = (in[i] - mu) * scale;
    if (gamma.defined()) {
#pragma omp simd
      for (Index i = 0; i < n; ++i) out[i] *= weight[i];
    }
    if (beta.defined()) {
#pragma omp simd
      for (Index i = 0; i < n; ++i) out[i] += shift[i];
    }
  });
}

void normalize_rows_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse,
                             const Tensor& gamma, Tensor& dx) {
  const Index n = features(x);
  const Real* weight = gamma.data();
  for_rows(x, 4, [&](Index r) {
    const Real* in = x.data() + r * n;
    const Real* g = dy.data() + r * n;
    Real* out = dx.data() + r * n;
    const Real mu = mean.defined() ? mean.data()[r] : 0;
    const Real scale = inverse.data()[r];
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = weight == nullptr ? g[i] : g[i] * weight[i];
    const Real mean_d = mean.defined() ? sum_of(out, n) / static_cast<Real>(n) : 0;
    const Real slope =
        sum_terms(n, [=](Index i) { return out[i] * (in[i] - mu); }) * scale * scale / static_cast<Real>(n);
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = scale * (out[i] - mean_d - (in[i] - mu) * slope);
  });
}

void row_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse, Tensor& dgamma,
                   Tensor& dbeta) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* in = x.data() + first;
    const Real* g = dy.data() + first;
    Real sums[2][strip];
    sum_columns(rows, width, sums, [&](Index r, Real(&partial)[2][strip]) {
      const Real mu = mean.defined() ? mean.data()[r] : 0;
      const Real scale = inverse.data()[r];
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real upstream = g[r * columns + c];
        partial[0][c] += upstream;
        partial[1][c] += upstream * ((in[r * columns + c] - mu) * scale);
      }
    });
    if (mean.defined()) std::copy_n(sums[0], width, dbeta.data() + first);
    std::copy_n(sums[1], width, dgamma.data() + first);
  });
}

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

/// sums[s][c] = sum over the positions of term(position, first channel, width, partial), for all channels.
template <std::size_t Sums, class Term>
void sum_positions(Index positions, Index channels, const std::array<Real*, Sums>& sums, Term term) {
  for (Index first = 0; first < channels; first += strip) {
    const Index width = std::min(strip, channels - first);
    Real strip_sums[Sums][strip];
    sum_columns(positions, width, strip_sums,
                [&](Index p, Real(&partial)[Sums][strip]) { term(p * channels + first, first, width, partial); });
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
                      Tensor& mean, Tensor& inverse, Tensor& y) {
  const Index channels = features(x);
  const Index positions = x.shape()[0] == 0 ? 0 : row_count(x) / x.shape()[0];
  const Real values = static_cast<Real>(positions * (channels / groups));
  for_samples(x, 4, [&](Index n) {
    const Real* in = x.data() + n * positions * channels;
    Real* out = y.data() + n * positions * channels;
    Real* mu = mean.data() + n * channels;
    Real* scale = inverse.data() + n * channels;
    sum_positions<1>(positions, channels, {mu}, [&](Index at, Index, Index width, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) partial[0][c] += in[at + c];
    });
    by_groups(mu, channels, groups, [=](Real sum) { return sum / values; });
    sum_positions<1>(positions, channels, {scale}, [&](Index at, Index first, Index width, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real centered = in[at + c] - mu[first + c];
        partial[0][c] += centered * centered;
      }
    });
    by_groups(scale, channels, groups, [=](Real sum) { return 1 / std::sqrt(sum / values + epsilon); });
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
                               const Tensor& inverse, const Tensor& gamma, Tensor& dgamma, Tensor& dbeta, Tensor& dx) {
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
    const Real* scale = inverse.data() + n * channels;
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
