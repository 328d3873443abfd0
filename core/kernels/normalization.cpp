#include <gradus/core/kernels/normalization.h>

#include <gradus/core/kernels/tile.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Loads what lies a block further: the processor does not foresee a column of vectors.
void prefetch(const Real* at, Index columns) { __builtin_prefetch(at + block_rows * columns); }

/// Sums of some rows and of their squared deviations from the mean, of a strip or of all columns.
struct Moments {
  Index rows;
  Real* sum;
  Real* squares;

  /// Combines with those of other rows (Chan, Golub and LeVeque 1979).
  void add(const Moments& other, Index width) {
    const auto n = static_cast<Real>(rows);
    const auto m = static_cast<Real>(other.rows);
    const Real weight = n / (n + m) * m;
#pragma omp simd
    for (Index c = 0; c < width; ++c) {
      const Real distance = rows == 0 ? 0 : other.sum[c] / m - sum[c] / n;
      squares[c] += other.squares[c] + distance * distance * weight;
      sum[c] += other.sum[c];
    }
    rows += other.rows;
  }
};

}  // namespace

// Statistics are sums of differences from the first value, which are small where the values are large and close to each
// other, and 0 where they are equal.

void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance) {
  const Index columns = features(x);
  SumsOfSlices<2> slices(x, {mean.data(), variance.data()});
  const auto of_slice = [&](Index slice, Index rows, Index column) {
    return Moments{rows, slices.of(slice, 0) + column, slices.of(slice, 1) + column};
  };
  for_pieces(x, 2, [&](Index slice, const Piece& piece) {
    Moments all = of_slice(slice, 0, piece.column);
    for_blocks(piece, [&](const Piece& block) {
      Real sums[strip];
      Real squares[strip];
      for_vectors(block.width, [&](Index c, auto load, auto store) {
        const Real* const first = x.data() + block.column + c;
        const auto from_first = [&](Index r) { return load(first + (block.row + r) * columns) - load(first); };
        const auto sum = sum_in_chains(block.rows, [&](Index r) {
          prefetch(first + (block.row + r) * columns, columns);
          return from_first(r);
        });
        const auto shift = sum / static_cast<Real>(block.rows);
        const auto square = [&](Index r) {
          const auto centered = from_first(r) - shift;
          return centered * centered;
        };
        store(sums + c, sum);
        store(squares + c, sum_in_chains(block.rows, square));  // finds the block in the first-level cache
      });
      all.add({block.rows, sums, squares}, block.width);
    });
  });
  const Index rows = row_count(x);
  const Index count = slice_count(x);
  Moments all = of_slice(0, rows / count, 0);
  for (Index s = 1; s < count; ++s) all.add(of_slice(s, rows * (s + 1) / count - rows * s / count, 0), columns);
  const auto count_of = static_cast<Real>(rows);
  const Real* const first = x.data();
  Real* const mu = all.sum;
  Real* const sigma2 = all.squares;
#pragma omp simd
  for (Index c = 0; c < columns; ++c) {
    mu[c] = (rows == 0 ? 0 : first[c]) + mu[c] / count_of;
    sigma2[c] /= count_of;
  }
}

Tensor inv_std_of(const Tensor& variance, Real epsilon) {
  return map(variance, [epsilon](Real v) { return 1 / std::sqrt(v + epsilon); });
}

namespace {

/// The factors of a normalization for a strip: z = (x - mu) scale + shift.
struct StripFactors {
  StripFactors(const ColumnNormalization& n, const Piece& piece) : slope(n.slope) {
    const auto copy = [&](const Tensor& from, Real otherwise, Real* to) {
      if (from.defined()) {
        std::copy_n(from.data() + piece.column, piece.width, to);
      } else {
        std::fill_n(to, piece.width, otherwise);
      }
    };
    copy(n.mean, 0, mu);
    copy(n.gamma, 1, scale);
    copy(n.beta, 0, shift);
    const Real* const inv_std = n.inv_std.data() + piece.column;
#pragma omp simd
    for (Index c = 0; c < piece.width; ++c) scale[c] *= inv_std[c];
  }

  template <class T, class Load>
  T z(Index c, T centered, Load load) const {
    return centered * load(scale + c) + load(shift + c);
  }

  /// The gradient of z, from that of the activation's result: the sign of z is computed again.
  template <bool activated, class T, class Load>
  T dz(Index c, T centered, T dy, Load load) const {
    if constexpr (!activated) return dy;
    return z(c, centered, load) > 0 ? dy : slope * dy;
  }

  Real mu[strip];
  Real scale[strip];
  Real shift[strip];
  Real slope;
};

/// Calls pass(whether an activation follows), with the answer as a constant.
template <class Pass>
void for_activation(const ColumnNormalization& n, Pass pass) {
  n.slope == 1 ? pass(std::false_type{}) : pass(std::true_type{});
}

}  // namespace

void normalize_columns(const Tensor& x, const ColumnNormalization& n, Tensor& y) {
  for_activation(n, [&](auto activated) {
    for_pieces(x, 1, [&](Index, const Piece& piece) {
      const StripFactors factors(n, piece);
      const Real slope = n.slope;
      for (Index r = 0; r < piece.rows; ++r) {
        const Index at = (piece.row + r) * features(x) + piece.column;
        const Real* const in = x.data() + at;
        Real* const out = y.data() + at;
        for_vectors(piece.width, [=, &factors](Index c, auto load, auto store) {
          const auto z = factors.z(c, load(in + c) - load(factors.mu + c), load);
          store(out + c, activated ? rectified(z, slope) : z);
        });
      }
    });
  });
}

void column_gradients(const Tensor& x, const ColumnNormalization& n, const Tensor& dy, Tensor& dgamma, Tensor& dbeta) {
  const Index columns = features(x);
  for_activation(n, [&](auto activated) {
    sum_columns<2>(x, {dbeta.data(), dgamma.data()}, [&](const Piece& block, Real(&partial)[2][strip]) {
      const StripFactors factors(n, block);
      const Index first = block.row * columns + block.column;
      for_vectors(block.width, [&](Index c, auto load, auto store) {
        const auto mu = load(factors.mu + c);
        auto dbeta_of = mu - mu;
        const auto product = [&](Index r) {
          const Real* const in = x.data() + first + r * columns + c;
          const Real* const g = dy.data() + first + r * columns + c;
          prefetch(in, columns);
          prefetch(g, columns);
          const auto centered = load(in) - mu;
          const auto dz = factors.template dz<activated>(c, centered, load(g), load);
          dbeta_of += dz;
          return dz * centered;
        };
        store(partial[1] + c, sum_in_chains(block.rows, product));
        store(partial[0] + c, dbeta_of);
      });
    });
  });
  const Real* const inv_std = n.inv_std.data();
  Real* const sums = dgamma.data();
#pragma omp simd
  for (Index f = 0; f < columns; ++f) sums[f] *= inv_std[f];
}

void normalize_columns_backward(const Tensor& x, const ColumnNormalization& n, const Tensor& dy, const Tensor& dgamma,
                                const Tensor& dbeta, Tensor& dx) {
  const auto rows = static_cast<Real>(row_count(x));
  for_activation(n, [&](auto activated) {
    for_pieces(x, 2, [&](Index, const Piece& piece) {
      const StripFactors factors(n, piece);
      Real mean_upstream[strip];
      Real mean_product[strip];
      const Real* const inv_std = n.inv_std.data() + piece.column;
      const Real* const upstream_sum = dbeta.data() + piece.column;
      const Real* const product_sum = dgamma.data() + piece.column;
#pragma omp simd
      for (Index c = 0; c < piece.width; ++c) {
        mean_upstream[c] = upstream_sum[c] / rows;
        mean_product[c] = inv_std[c] * product_sum[c] / rows;
      }
      for (Index r = 0; r < piece.rows; ++r) {
        const Index at = (piece.row + r) * features(x) + piece.column;
        const Real* const in = x.data() + at;
        const Real* const g = dy.data() + at;
        Real* const out = dx.data() + at;
        for_vectors(piece.width, [&](Index c, auto load, auto store) {
          const auto centered = load(in + c) - load(factors.mu + c);
          const auto dz = factors.template dz<activated>(c, centered, load(g + c), load);
          store(out + c, load(factors.scale + c) * (dz - load(mean_upstream + c) - centered * load(mean_product + c)));
        });
      }
    });
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
