#pragma once

#include <gradus/layers/layer.h>

#include <vector>

namespace study {

/// Keeps a model's weights and buffers, and puts them back at the end of its life: what is measured in training mode
/// moves the moving statistics, and training shall go on as if nobody had looked.
class KeptState {
 public:
  explicit KeptState(gradus::Layer& model) : model_(model) {
    for (const gradus::NamedTensor& part : model.state()) values_.push_back(part.value().clone());
  }
  ~KeptState() {
    for (std::size_t i = 0; gradus::NamedTensor & part : model_.state()) part.value().copy_from(values_[i++]);
  }
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;

 private:
  gradus::Layer& model_;
  std::vector<gradus::Tensor> values_;
};

}  // namespace study
