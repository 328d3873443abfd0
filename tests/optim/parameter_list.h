#pragma once

#include <gradus/autograd/parameter_list.h>

#include <memory>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Parameters without a model, named "p0", "p1", ..., with random values and gradients that are written by hand.
class ParameterList {
 public:
  explicit ParameterList(const std::vector<Shape>& shapes, std::uint64_t seed = 1) {
    Generator random(seed);
    for (const Shape& shape : shapes) {
      add(Tensor::normal(shape, 0, 1, random)).set_gradient(Tensor::normal(shape, 0, 1, random));
    }
  }

  Parameter& add(Tensor value) {
    const std::string name = "p" + std::to_string(owned_.size());
    owned_.push_back(std::make_unique<Parameter>(name, std::move(value)));
    list_.push_back(owned_.back().get());
    list_.back()->set_gradient(Tensor::zeros(list_.back()->shape()));
    return *owned_.back();
  }

  /// With gradients that the next step uses, whether or not a step has used them before.
  Parameters all() const {
    for (Parameter* parameter : list_) parameter->set_gradient(parameter->gradient());
    return Parameters(std::span<Parameter* const>(list_));
  }
  Parameter& operator[](std::size_t i) const { return *list_[i]; }

  /// All values, parameter by parameter.
  std::vector<Real> values() const {
    std::vector<Real> result;
    for (const Parameter& p : all()) result.insert(result.end(), p.value().values().begin(), p.value().values().end());
    return result;
  }
  std::vector<Real> gradients() const {
    std::vector<Real> result;
    for (const Parameter& p : all()) {
      result.insert(result.end(), p.gradient().values().begin(), p.gradient().values().end());
    }
    return result;
  }

 private:
  std::vector<std::unique_ptr<Parameter>> owned_;
  std::vector<Parameter*> list_;
};

}  // namespace gradus::inline GRADUS_PRECISION
