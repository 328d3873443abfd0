#include <gradus/data/tables/standardization.h>

#include <gradus/data/loader.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Standardization::Standardization(const Dataset& train)
    : mean_(Tensor::empty(train.sample_shape())), standard_deviation_(Tensor::empty(train.sample_shape())) {
  const auto length = static_cast<std::size_t>(mean_.size());
  const auto count = static_cast<double>(train.size());
  const Tensor first = train.batch(std::array<Index, 1>{0}).inputs;
  // Differences from the first sample: a constant element gets its exact value as mean and 0 as deviation.
  const std::vector<double> origin(first.values().begin(), first.values().end());
  std::vector<double> mean = origin;
  std::vector<double> squares(length);
  const auto for_each = [&](const auto& use) {
    for (const auto& [inputs, labels] : DataLoader(train, {.batch_size = std::min<Index>(1024, train.size())})) {
      const auto values = inputs.values();
      for (std::size_t i = 0; i < values.size(); ++i) use(i % length, static_cast<double>(values[i]));
    }
  };
  for_each([&](std::size_t i, double x) { mean[i] += (x - origin[i]) / count; });
  for_each([&](std::size_t i, double x) { squares[i] += (x - mean[i]) * (x - mean[i]); });
  for (std::size_t i = 0; i < length; ++i) {
    mean_.values()[i] = static_cast<Real>(mean[i]);
    standard_deviation_.values()[i] = squares[i] > 0 ? static_cast<Real>(std::sqrt(squares[i] / count)) : Real(1);
  }
}

Dataset Standardization::operator()(const Dataset& data) const {
  check<ShapeError>(data.sample_shape() == mean_.shape(),
                    "[standardization] expected samples of shape {}, as in the training data, got {}", mean_.shape(),
                    data.sample_shape());
  Batch batch = data.batch();
  const auto values = batch.inputs.values();
  const auto length = static_cast<std::size_t>(mean_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = (values[i] - mean_.data()[i % length]) / standard_deviation_.data()[i % length];
  }
  return {batch, data.classes()};
}

}  // namespace gradus::inline GRADUS_PRECISION
