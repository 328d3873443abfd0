#pragma once

#include <gradus/layers/layer.h>

#include <vector>

namespace study {

/// Copies the weights and buffers of a model, and restores them in the destructor, so that a measurement in training
/// mode does not affect the moving statistics.
class KeptState {
 public:
  explicit KeptState(gradus::Layer& model) : model_(model) {
    for (const gradus::NamedTensor& part : model.state()) values_.push_back(part.value().clone());
  }
  ~KeptState() {
    std::size_t i = 0;
    for (gradus::NamedTensor& part : model_.state()) part.value().copy_from(values_[i++]);
  }
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;

 private:
  gradus::Layer& model_;
  std::vector<gradus::Tensor> values_;
};

}  // namespace study
