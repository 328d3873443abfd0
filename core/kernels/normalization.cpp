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
    const Real mu = sum_of(in, n) / static_cast<Real>(n);
    const Real variance = sum_terms(n, [=](Index i) { return (in[i] - mu) * (in[i] - mu); }) / static_cast<Real>(n);
    const Real scale = 1 / std::sqrt(variance + epsilon);
    mean.data()[r] = mu;
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
    const Real mu = mean.data()[r];
    const Real scale = inverse.data()[r];
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = weight == nullptr ? g[i] : g[i] * weight[i];
    const Real mean_d = sum_of(out, n) / static_cast<Real>(n);
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
      const Real mu = mean.data()[r];
      const Real scale = inverse.data()[r];
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real upstream = g[r * columns + c];
        partial[0][c] += upstream;
        partial[1][c] += upstream * ((in[r * columns + c] - mu) * scale);
      }
    });
    std::copy_n(sums[0], width, dbeta.data() + first);
    std::copy_n(sums[1], width, dgamma.data() + first);
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
