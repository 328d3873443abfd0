#include <gradus/data/tables/standardization.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

Tensor rounded(const Shape& shape, const std::vector<double>& values) {
  return Tensor::from(shape, std::vector<Real>(values.begin(), values.end()));
}

}  // namespace

Standardization::Standardization(const Dataset& train) : sample_shape_(train.sample_shape()) {
  const auto length = static_cast<std::size_t>(sample_shape_.size());
  const auto count = static_cast<double>(train.size());
  // Differences from the first sample, relative to the largest: a constant element gets its exact value as mean and 0
  // as deviation, and no square is too large or too small for a double.
  const std::vector<double> origin = train.sample(0);
  std::vector<double> sums(length), squares(length), range(length);
  const auto for_each = [&](const auto& use) {
    for (Index row = 0; row < train.size(); ++row) {
      const std::vector<double> sample = train.sample(row);
      for (std::size_t i = 0; i < length; ++i) use(i, sample[i] - origin[i]);
    }
  };
  for_each([&](std::size_t i, double x) {
    sums[i] += x;
    range[i] = std::max(range[i], std::abs(x));
  });
  for_each([&](std::size_t i, double x) {
    if (range[i] > 0) squares[i] += std::pow((x - sums[i] / count) / range[i], 2);
  });
  for (std::size_t i = 0; i < length; ++i) {
    means_.push_back(origin[i] + sums[i] / count);
    standard_deviations_.push_back(range[i] > 0 ? range[i] * std::sqrt(squares[i] / count) : 1);
  }
}

Standardization::Standardization(const Shape& sample_shape, std::vector<double> means,
                                 std::vector<double> standard_deviations)
    : sample_shape_(sample_shape), means_(std::move(means)), standard_deviations_(std::move(standard_deviations)) {
  check<ShapeError>(std::ssize(means_) == sample_shape.size() && means_.size() == standard_deviations_.size(),
                    "[standardization] expected a mean and a standard deviation for each of {} elements, got {} and {}",
                    sample_shape.size(), means_.size(), standard_deviations_.size());
  for (std::size_t i = 0; i < means_.size(); ++i) {
    check(std::isfinite(means_[i]) && std::isfinite(standard_deviations_[i]) && standard_deviations_[i] > 0,
          "[standardization] expected a finite mean and a finite standard deviation above 0, got {} and {} for "
          "element {}",
          means_[i], standard_deviations_[i], i);
  }
}

Tensor Standardization::mean() const { return rounded(sample_shape_, means_); }

Tensor Standardization::standard_deviation() const { return rounded(sample_shape_, standard_deviations_); }

Dataset Standardization::operator()(const Dataset& data) const {
  check<ShapeError>(data.sample_shape() == sample_shape_,
                    "[standardization] expected samples of shape {}, as in the training data, got {}", sample_shape_,
                    data.sample_shape());
  Batch batch = data.batch();
  Real* y = batch.inputs.data();
  for (Index row = 0; row < data.size(); ++row) {
    const std::vector<double> sample = data.sample(row);
    for (std::size_t i = 0; i < sample.size(); ++i) {
      *y++ = static_cast<Real>((sample[i] - means_[i]) / standard_deviations_[i]);
    }
  }
  return {batch, data.classes()};
}

}  // namespace gradus::inline GRADUS_PRECISION
