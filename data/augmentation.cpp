#include <gradus/data/augmentation.h>

#include <gradus/core/parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_range(const char* option, double value, double most) {
  check(value >= 0 && value <= most, "[augmentation] expected {} from 0 to {}, got {}", option, most, value);
}

/// Uniform in [-1, 1).
double signed_uniform(std::uint32_t word) { return word * 0x1p-31 - 1; }

}  // namespace

void deform(const Real* image, Index rows, Index columns, const Deformation& deformation, Real* out) {
  const auto pixel = [=](Index r, Index c) {
    return r >= 0 && r < rows && c >= 0 && c < columns ? image[r * columns + c] : Real(0);
  };
  const double angle = deformation.rotation * std::numbers::pi / 180;
  const auto cosine = static_cast<Real>(std::cos(angle));
  const auto sine = static_cast<Real>(std::sin(angle));
  const Real centre_row = static_cast<Real>(rows - 1) / 2;
  const Real centre_column = static_cast<Real>(columns - 1) / 2;
  const auto down = static_cast<Real>(deformation.down);
  const auto right = static_cast<Real>(deformation.right);
  for (Index i = 0; i < rows * columns; ++i) {
    const Real y = static_cast<Real>(i / columns) - centre_row - down;
    const Real x = static_cast<Real>(i % columns) - centre_column - right;
    const Real row = x * sine + y * cosine + centre_row + (deformation.elastic_down ? deformation.elastic_down[i] : 0);
    const Real column =
        x * cosine - y * sine + centre_column + (deformation.elastic_right ? deformation.elastic_right[i] : 0);
    const Real top = std::floor(row);
    const Real left = std::floor(column);
    const auto r = static_cast<Index>(top);
    const auto c = static_cast<Index>(left);
    const Real v = row - top;
    const Real u = column - left;
    out[i] = (1 - v) * ((1 - u) * pixel(r, c) + u * pixel(r, c + 1)) +
             v * ((1 - u) * pixel(r + 1, c) + u * pixel(r + 1, c + 1));
  }
}

Augmentation::Augmentation(const AugmentationOptions& options) : options_(options) {
  constexpr Index longest = 4096;
  check(options.rows >= 1 && options.rows <= longest && options.columns >= 1 && options.columns <= longest,
        "[augmentation] expected 1 to {} rows and columns, got {} x {}", longest, options.rows, options.columns);
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

/// Fills the field with alpha times smoothed noise, from words `counter` on.
void Augmentation::displace(RandomKey key, std::uint64_t counter, Real* field, Real* scratch) const {
  const Index rows = options_.rows;
  const Index columns = options_.columns;
  for (Index i = 0; i < rows * columns; i += 4) {
    const auto words = philox(key, counter++);
    for (Index k = 0; k < std::min<Index>(4, rows * columns - i); ++k) {
      field[i + k] = static_cast<Real>(options_.elastic_alpha * signed_uniform(words[static_cast<std::size_t>(k)]));
    }
  }
  const Index radius = gaussian_.size() / 2;
  const Real* weights = gaussian_.data() + radius;
  std::fill_n(scratch, rows * columns, Real(0));
  for (Index r = 0; r < rows; ++r) {  // down the columns
    for (Index from = std::max<Index>(0, r - radius); from < std::min(rows, r + radius + 1); ++from) {
#pragma omp simd
      for (Index c = 0; c < columns; ++c) scratch[r * columns + c] += weights[from - r] * field[from * columns + c];
    }
  }
  std::fill_n(field, rows * columns, Real(0));
  for (Index r = 0; r < rows; ++r) {  // along the rows
    for (Index offset = -std::min(radius, columns - 1); offset <= std::min(radius, columns - 1); ++offset) {
      const Index end = columns - std::max<Index>(0, offset);
#pragma omp simd
      for (Index c = std::max<Index>(0, -offset); c < end; ++c) {
        field[r * columns + c] += weights[offset] * scratch[r * columns + c + offset];
      }
    }
  }
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
