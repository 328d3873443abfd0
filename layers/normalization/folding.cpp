#include <gradus/layers/normalization/folding.h>

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/registry.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The layer that replaces the two, without weights yet; null if the second cannot be folded into the first.
std::unique_ptr<Layer> replacement(Layer& first, Layer& second) {
  if (dynamic_cast<Dense*>(&first) == nullptr || dynamic_cast<BatchNormalization*>(&second) == nullptr) return nullptr;
  DenseOptions options = options_of<DenseOptions>(first.config());
  if (options.activation != "linear") return nullptr;
  options.use_bias = true;
  return std::make_unique<Dense>(first.output_shape()[0], options);
}

/// Calls one(layer) for every layer of the model, or two(dense, normalization, folded) for a pair that one layer
/// replaces.
template <class One, class Two>
void for_layers(Sequential& model, One one, Two two) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    auto folded = i + 1 < model.size() ? replacement(model[i], model[i + 1]) : nullptr;
    if (folded == nullptr) {
      one(model[i]);
    } else {
      two(model[i], model[i + 1], std::move(folded));
      ++i;
    }
  }
}

std::vector<std::unique_ptr<Layer>> layers_without_folded(Sequential& model) {
  std::vector<std::unique_ptr<Layer>> layers;
  for_layers(
      model,
      [&](Layer& layer) {
        auto* nested = dynamic_cast<Sequential*>(&layer);
        layers.push_back(nested == nullptr ? make_layer(layer.config())
                                           : std::make_unique<Sequential>(layers_without_folded(*nested)));
      },
      [&](Layer&, Layer&, std::unique_ptr<Layer> folded) { layers.push_back(std::move(folded)); });
  return layers;
}

/// The values of a parameter or buffer by its name within the layer, or so many times `otherwise` if there is none.
std::vector<double> values_of(Parameters parameters, std::string_view name, Index size, double otherwise) {
  for (const Parameter& parameter : parameters) {
    const std::string_view full = parameter.name();
    if (full.substr(full.rfind('.') + 1) == name) {
      const auto values = parameter.value().values();
      return {values.begin(), values.end()};
    }
  }
  return std::vector<double>(static_cast<std::size_t>(size), otherwise);
}

void copy_folded(Layer& dense, Layer& normalization, Layer& folded) {
  const Index units = dense.output_shape()[0];
  const auto weights = [&](Layer& layer, std::string_view name, double otherwise) {
    return values_of(layer.parameters(), name, units, otherwise);
  };
  const std::vector<double> gamma = weights(normalization, "gamma", 1), beta = weights(normalization, "beta", 0);
  const std::vector<double> mean = values_of(normalization.buffers(), "moving_mean", units, 0);
  const std::vector<double> variance = values_of(normalization.buffers(), "moving_variance", units, 1);
  const std::vector<double> kernel = weights(dense, "kernel", 0), bias = weights(dense, "bias", 0);
  const double epsilon = options_of<BatchNormalizationOptions>(normalization.config()).epsilon;

  Tensor& new_kernel = folded.parameters()[0].value();
  Tensor& new_bias = folded.parameters()[1].value();
  for (std::size_t j = 0; j < gamma.size(); ++j) {
    const double s = gamma[j] / std::sqrt(variance[j] + epsilon);
    for (std::size_t i = j; i < kernel.size(); i += gamma.size()) {
      new_kernel.data()[i] = static_cast<Real>(kernel[i] * s);
    }
    new_bias.data()[j] = static_cast<Real>((bias[j] - mean[j]) * s + beta[j]);
  }
}

void copy_all(Layer& from, Layer& to) {
  for (std::size_t i = 0; i < from.state().size(); ++i) to.state()[i].value().copy_from(from.state()[i].value());
}

void copy_weights(Sequential& from, Sequential& to) {
  std::size_t next = 0;
  for_layers(
      from,
      [&](Layer& layer) {
        Layer& copy = to[next++];
        auto* nested = dynamic_cast<Sequential*>(&layer);
        nested == nullptr ? copy_all(layer, copy) : copy_weights(*nested, dynamic_cast<Sequential&>(copy));
      },
      [&](Layer& dense, Layer& normalization, const std::unique_ptr<Layer>&) {
        copy_folded(dense, normalization, to[next++]);
      });
}

}  // namespace

Sequential fold_batch_normalization(Sequential& model) {
  const Shape input_shape = model.input_shape();
  const Generator before = default_generator();  // initial values are drawn and overwritten
  Sequential folded(layers_without_folded(model));
  folded.build(input_shape);
  default_generator() = before;
  copy_weights(model, folded);
  return folded;
}

}  // namespace gradus::inline GRADUS_PRECISION
