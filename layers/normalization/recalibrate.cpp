#include <gradus/layers/normalization/recalibrate.h>

#include <gradus/core/kernels/normalization.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/train/evaluate.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The batch normalizations of a model, in order of their first call.
struct CallOrder : ForwardObserver {
  void on_output(Layer& layer, const Variable&, const Variable&) override {
    auto* found = dynamic_cast<BatchNormalization*>(&layer);
    if (found != nullptr && std::ranges::find(layers, found) == layers.end()) layers.push_back(found);
  }

  std::vector<BatchNormalization*> layers;
};

/// Mean and variance of all that one layer is given, merged batch by batch (Chan et al. 1979).
struct Population : ForwardObserver {
  explicit Population(BatchNormalization& measured) : layer(measured) {}

  void on_output(Layer& called, const Variable& x, const Variable&) override {
    if (&called != &layer) return;
    const Shape features{x.shape()[-1]};
    const auto size = static_cast<std::size_t>(features[0]);
    mean.resize(size);
    squares.resize(size);
    Tensor batch_mean = Tensor::empty(features), batch_variance = Tensor::empty(features);
    column_statistics(x.value(), batch_mean, batch_variance);
    const auto n = static_cast<double>(x.value().size() / features[0]);
    count += n;
    for (std::size_t f = 0; f < size; ++f) {
      const double step = batch_mean.values()[f] - mean[f];
      mean[f] += step * n / count;
      squares[f] += batch_variance.values()[f] * n + step * step * n * (count - n) / count;
    }
  }

  void store() const {
    const double divisor = layer.options().unbiased_variance && count > 1 ? count - 1 : count;
    for (std::size_t f = 0; f < mean.size(); ++f) {
      layer.moving_mean()->value().values()[f] = static_cast<Real>(mean[f]);
      layer.moving_variance()->value().values()[f] = static_cast<Real>(squares[f] / divisor);
    }
  }

  BatchNormalization& layer;
  double count = 0;
  std::vector<double> mean, squares;
};

}  // namespace

void recalibrate(Layer& model, const Dataset& data, Index batch_size) {
  CallOrder order;
  predict(model, data.take(0, 1), batch_size);
  for (BatchNormalization* layer : order.layers) {
    if (!layer->trainable()) continue;
    Population population(*layer);
    predict(model, data, batch_size);
    population.store();
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
