#include <gradus/data/images/augmentation.h>

#include <gradus/core/parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_range(const char* option, double value, double max) {
  check(value >= 0 && value <= max, "[augmentation] expected {} from 0 to {}, got {}", option, max, value);
}

/// Uniform in [-1, 1).
double signed_uniform(std::uint32_t word) { return word * 0x1p-31 - 1; }

/// Smooths every row and transposes the result. Two calls smooth both axes.
void smooth_rows(const Real* in, Index rows, Index columns, const Tensor& weights, Real* out) {
  const Index radius = weights.size() / 2;
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) {
      const Real* weight = weights.data() + radius - c;
      Real sum = 0;
#pragma omp simd reduction(+ : sum)
      for (Index k = std::max<Index>(0, c - radius); k < std::min(columns, c + radius + 1); ++k) {
        sum += weight[k] * in[r * columns + k];
      }
      out[c * rows + r] = sum;
    }
  }
}

}  // namespace

void deform(const Real* image, Index rows, Index columns, const Deformation& deformation, Real* out) {
  const auto pixel = [=](Index r, Index c) {
    return r >= 0 && r < rows && c >= 0 && c < columns ? image[r * columns + c] : Real(0);
  };
  const double angle = deformation.rotation * std::numbers::pi / 180;
  const auto cosine = static_cast<Real>(std::cos(angle));
  const auto sine = static_cast<Real>(std::sin(angle));
  const Real center_row = static_cast<Real>(rows - 1) / 2;
  const Real center_column = static_cast<Real>(columns - 1) / 2;
  for (Index i = 0; i < rows * columns; ++i) {
    const Real y = static_cast<Real>(i / columns) - center_row - static_cast<Real>(deformation.down);
    const Real x = static_cast<Real>(i % columns) - center_column - static_cast<Real>(deformation.right);
    Real row = x * sine + y * cosine + center_row;
    Real column = x * cosine - y * sine + center_column;
    if (deformation.elastic_down != nullptr) {
      row += deformation.elastic_down[i];
      column += deformation.elastic_right[i];
    }
    const auto top = static_cast<Index>(std::floor(row));
    const auto left = static_cast<Index>(std::floor(column));
    const Real v = row - static_cast<Real>(top);
    const Real u = column - static_cast<Real>(left);
    out[i] = (1 - v) * ((1 - u) * pixel(top, left) + u * pixel(top, left + 1)) +
             v * ((1 - u) * pixel(top + 1, left) + u * pixel(top + 1, left + 1));
  }
}

Augmentation::Augmentation(const AugmentationOptions& options) : options_(options) {
  constexpr Index max_side = 4096;
  check(options.rows >= 1 && options.rows <= max_side && options.columns >= 1 && options.columns <= max_side,
        "[augmentation] expected 1 to {} rows and columns, got {} x {}", max_side, options.rows, options.columns);
  check_range("shift", options.shift, static_cast<double>(std::min(options.rows, options.columns)));
  check_range("rotation", options.rotation, 180);
  check_range("elastic_alpha", options.elastic_alpha, 10'000);
  check(options.elastic_sigma > 0 && options.elastic_sigma <= 100,
        "[augmentation] expected elastic_sigma above 0 and at most 100, got {}", options.elastic_sigma);
  if (options.elastic_alpha == 0) return;
  const auto radius = static_cast<Index>(std::ceil(3 * options.elastic_sigma));
  gaussian_ = Tensor::empty({2 * radius + 1});
  double sum = 0;
  const auto weight = [&](Index i) {
    return std::exp(-0.5 * std::pow(static_cast<double>(i) / options.elastic_sigma, 2));
  };
  for (Index i = -radius; i <= radius; ++i) sum += weight(i);
  for (Index i = -radius; i <= radius; ++i) gaussian_.data()[i + radius] = static_cast<Real>(weight(i) / sum);
}

/// Fills the field with alpha times smoothed noise, from the random words at `counter` on.
void Augmentation::displace(RandomKey key, std::uint64_t counter, Real* field, Real* scratch) const {
  const Index pixels = options_.rows * options_.columns;
  for (Index i = 0; i < pixels; i += 4) {
    const auto words = philox(key, counter++);
    for (Index k = i; k < std::min(pixels, i + 4); ++k) {
      field[k] = static_cast<Real>(options_.elastic_alpha * signed_uniform(words[static_cast<std::size_t>(k - i)]));
    }
  }
  smooth_rows(field, options_.rows, options_.columns, gaussian_, scratch);
  smooth_rows(scratch, options_.columns, options_.rows, gaussian_, field);
}

void Augmentation::operator()(Batch& batch, RandomKey key) const {
  const Shape& shape = batch.inputs.shape();
  const Index pixels = options_.rows * options_.columns;
  check<ShapeError>((shape.rank() == 2 && shape[1] == pixels) ||
                        shape == Shape{shape.rank() > 0 ? shape[0] : 0, options_.rows, options_.columns, 1},
                    "[augmentation] expected images of {} x {}, got inputs of shape {}; set "
                    "AugmentationOptions::rows and columns",
                    options_.rows, options_.columns, shape);
  const bool elastic = gaussian_.defined();
  Tensor result = Tensor::empty(shape);
  Tensor fields = elastic ? Tensor::empty({shape[0], 3, pixels}) : Tensor();
  const double per_pixel = elastic ? 40 : 5;  // nanoseconds
  parallel_for(shape[0], per_pixel * static_cast<double>(pixels), [&](Index begin, Index end) {
    for (Index image = begin; image < end; ++image) {
      const std::uint64_t counter = static_cast<std::uint64_t>(image) << 32;
      const auto words = philox(key, counter);
      Deformation deformation{.down = options_.shift * signed_uniform(words[0]),
                              .right = options_.shift * signed_uniform(words[1]),
                              .rotation = options_.rotation * signed_uniform(words[2])};
      if (elastic) {
        Real* field = fields.data() + image * 3 * pixels;
        displace(key, counter + 1, field, field + 2 * pixels);
        displace(key, counter + 1 + static_cast<std::uint64_t>(pixels), field + pixels, field + 2 * pixels);
        deformation.elastic_down = field;
        deformation.elastic_right = field + pixels;
      }
      deform(std::as_const(batch.inputs).data() + image * pixels, options_.rows, options_.columns, deformation,
             result.data() + image * pixels);
    }
  });
  batch.inputs = result;
}

}  // namespace gradus::inline GRADUS_PRECISION
