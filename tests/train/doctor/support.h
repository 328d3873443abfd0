#pragma once

#include <gradus/gradus.h>

#include <algorithm>
#include <string>
#include <vector>

// What the tests of the doctor's rules share.

namespace gradus {

/// What one rule found.
inline std::vector<Finding> found(const std::string& rule, Layer& model, const DiagnoseOptions& options = {}) {
  std::vector<Finding> findings = diagnose(model, options);
  std::erase_if(findings, [&](const Finding& finding) { return finding.rule != rule; });
  return findings;
}

inline std::vector<std::string> rules(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) names.push_back(finding.rule);
  return names;
}

/// "where: what, cure", line by line.
inline std::string in_short(const std::vector<Finding>& findings) {
  std::string result;
  for (const Finding& f : findings) result += f.where + ": " + f.what + " -> " + f.cure + "\n";
  return result;
}

/// Standard normal features whose class is their index of the largest; for 0 classes a regression.
inline Dataset normal_data(Index n, Index features, Index classes, double scale = 1) {
  Generator random(3);
  const Tensor inputs = Tensor::normal({n, features}, 0, scale, random);
  if (classes == 0) return {inputs, Tensor::normal({n, 1}, 0, 1, random)};
  Tensor labels = Tensor::zeros({n});
  for (Index i = 0; i < n; ++i) {
    const Real* first = inputs.data() + i * features;
    labels.data()[i] = static_cast<Real>(std::max_element(first, first + classes) - first);
  }
  return {inputs, labels, classes};
}

/// `depth` hidden layers of 32 units.
inline Sequential deep(int depth, const char* activation, const char* initializer = "glorot_uniform",
                       bool normalized = false) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{20}));
  for (int i = 0; i < depth; ++i) {
    layers.push_back(
        std::make_unique<Dense>(32, DenseOptions{.use_bias = !normalized, .kernel_initializer = initializer}));
    if (normalized) layers.push_back(std::make_unique<BatchNormalization>());
    layers.push_back(std::make_unique<Activation>(activation));
  }
  layers.push_back(std::make_unique<Dense>(10));
  return Sequential(std::move(layers));
}

}  // namespace gradus
