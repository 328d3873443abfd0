#pragma once

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/layer_normalization.h>
#include <gradus/layers/sequential.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// A multi-layer perceptron: inputs -> hidden... -> outputs.
struct PerceptronOptions {
  gradus::Index inputs = 784;
  std::vector<gradus::Index> hidden{256, 128};
  gradus::Index outputs = 10;
  /// Each hidden layer by names, in order: "dense", a normalization (see normalization_names), "dropout", and
  /// activations.
  std::vector<std::string> block{"dense", "relu"};
  /// Whether "dense" has a bias directly before a normalization with a beta, which makes it redundant.
  bool bias_before_normalization = false;
  double dropout_rate = 0.5;     ///< 0: "dropout" adds no layer
  gradus::DenseOptions dense{};  ///< of all dense layers; use_bias is ignored
  gradus::BatchNormalizationOptions batch{};
  gradus::LayerNormalizationOptions layer{};
  gradus::GroupNormalizationOptions group{.groups = 8};  ///< with fewer groups if these do not divide the units
  /// Makes layers of other names; returns null for a name that it does not know.
  std::function<std::unique_ptr<gradus::Layer>(const std::string& name)> custom_layer{};
};

/// Throws ValueError for an unknown name in the block.
gradus::Sequential make_perceptron(const PerceptronOptions& options);

/// The normalization of that name for so many features, or null.
std::unique_ptr<gradus::Layer> make_normalization(const std::string& name, gradus::Index features,
                                                  const PerceptronOptions& options);
/// Whether the normalization of that name has a beta, which makes a bias before it redundant.
bool has_beta(const std::string& name);

/// The normalizations of a block. "none" adds no layer; "rms" has no beta.
std::vector<std::string> normalization_names();
