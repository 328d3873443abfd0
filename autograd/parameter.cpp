#include <gradus/autograd/parameter.h>

#include <gradus/core/check.h>

#include <atomic>

namespace gradus::inline GRADUS_PRECISION {

namespace {
std::atomic<std::uint64_t> named_tensors{0};
}  // namespace

NamedTensor::NamedTensor(std::string name, Tensor value)
    : name_(std::move(name)), value_(std::move(value)), id_(++named_tensors) {}

std::uint64_t& backward_passes() {
  thread_local std::uint64_t passes = 1;
  return passes;
}

Parameter::Parameter(std::string name, Tensor value)
    : NamedTensor(std::move(name), std::move(value)), gradient_(std::make_shared<ParameterGradient>()) {
  gradient_->value = Tensor::empty(shape());
  gradient_->of = this->name();
}

void Parameter::set_name(std::string name) {
  gradient_->of = name;
  NamedTensor::set_name(std::move(name));
}

Tensor& Parameter::gradient() {
  check<StateError>(has_gradient(),
                    "[{}] expected a gradient, got none: the loss of the last backward pass does not depend on this "
                    "parameter, or there was no backward pass; ask has_gradient() first, write one by set_gradient()",
                    name());
  return gradient_->value;
}

void Parameter::set_gradient(const Tensor& gradient) {
  if (gradient.data() != gradient_->value.data()) {
    check<ShapeError>(gradient.shape() == shape(), "[{}] expected a gradient of shape {}, got {}", name(), shape(),
                      gradient.shape());
    gradient_->value.copy_from(gradient);
  }
  gradient_->mark(any_pass);
}

void Parameter::use_gradient() {
  if (gradient_->unused()) gradient_->used_at = backward_passes();
}

}  // namespace gradus::inline GRADUS_PRECISION
