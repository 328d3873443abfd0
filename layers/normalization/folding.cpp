#include <gradus/layers/normalization/folding.h>

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/registry/registry.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The value of an option, or null.
Config::Value* find_option(Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.options, name, &std::pair<std::string, Config::Value>::first);
  return found == config.options.end() ? nullptr : &found->second;
}

/// The layer that replaces the two, without weights yet; null if the second cannot be folded into the first.
std::unique_ptr<Layer> replacement(const Layer& first, const Layer& second) {
  if (dynamic_cast<const BatchNormalization*>(&second) == nullptr) return nullptr;
  Config config = first.config();
  Config::Value* const use_bias = find_option(config, "use_bias");
  const Config::Value* const activation = find_option(config, "activation");
  if (use_bias == nullptr || activation == nullptr || *activation != Config::Value(std::string("linear"))) {
    return nullptr;
  }
  *use_bias = true;
  return make_layer(config);
}

/// Calls one(layer) for every layer of the model, or two(linear, normalization, folded) for a pair that one layer
/// replaces.
template <class One, class Two>
void for_layers(const Sequential& model, One one, Two two) {
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

std::vector<std::unique_ptr<Layer>> layers_without_folded(const Sequential& model) {
  std::vector<std::unique_ptr<Layer>> layers;
  for_layers(
      model,
      [&](const Layer& layer) {
        const auto* nested = dynamic_cast<const Sequential*>(&layer);
        layers.push_back(nested == nullptr ? make_layer(layer.config())
                                           : std::make_unique<Sequential>(layers_without_folded(*nested)));
      },
      [&](const Layer&, const Layer&, std::unique_ptr<Layer> folded) { layers.push_back(std::move(folded)); });
  return layers;
}

/// The values of a parameter or buffer by its name within the layer, or so many times `otherwise` if there is none.
std::vector<double> values_of(const Layer& layer, std::string_view name, Index size, double otherwise) {
  for (const NamedTensor& tensor : layer.state()) {
    const std::string_view full = tensor.name();
    if (full.substr(full.rfind('.') + 1) == name) {
      const auto values = tensor.value().values();
      return {values.begin(), values.end()};
    }
  }
  return std::vector<double>(static_cast<std::size_t>(size), otherwise);
}

void copy_folded(const Layer& linear, const Layer& normalization, Layer& folded) {
  const Index units = linear.output_shape()[-1];
  const std::vector<double> gamma = values_of(normalization, "gamma", units, 1);
  const std::vector<double> beta = values_of(normalization, "beta", units, 0);
  const std::vector<double> mean = values_of(normalization, "moving_mean", units, 0);
  const std::vector<double> variance = values_of(normalization, "moving_variance", units, 1);
  const std::vector<double> kernel = values_of(linear, "kernel", units, 0);
  const std::vector<double> bias = values_of(linear, "bias", units, 0);
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

void copy_all(const Layer& from, Layer& to) {
  for (std::size_t i = 0; i < from.state().size(); ++i) to.state()[i].value().copy_from(from.state()[i].value());
}

void copy_weights(const Sequential& from, Sequential& to) {
  std::size_t next = 0;
  for_layers(
      from,
      [&](const Layer& layer) {
        Layer& copy = to[next++];
        if (const auto* nested = dynamic_cast<const Sequential*>(&layer)) {
          copy_weights(*nested, dynamic_cast<Sequential&>(copy));
        } else {
          copy_all(layer, copy);
        }
      },
      [&](const Layer& linear, const Layer& normalization, const std::unique_ptr<Layer>&) {
        copy_folded(linear, normalization, to[next++]);
      });
}

}  // namespace

Sequential fold_batch_normalization(const Sequential& model) {
  const Shape input_shape = model.input_shape();
  const KeepGenerator keep;  // initial values are drawn and overwritten
  Sequential folded(layers_without_folded(model));
  folded.build(input_shape);
  copy_weights(model, folded);
  return folded;
}

}  // namespace gradus::inline GRADUS_PRECISION
