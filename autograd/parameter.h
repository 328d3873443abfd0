#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// A named tensor of a model that outlives tapes: a parameter or a buffer.
///
/// Several threads: reading is safe while nothing is written.
class NamedTensor {
 public:
  NamedTensor(const NamedTensor&) = delete;
  NamedTensor& operator=(const NamedTensor&) = delete;

  /// Dotted, as in "batch_normalization.moving_mean".
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  const Shape& shape() const { return value_.shape(); }
  Tensor& value() { return value_; }
  const Tensor& value() const { return value_; }

  /// A number that is unique in the program and, unlike an address, never reused.
  std::uint64_t id() const { return id_; }

  static constexpr const char* kind = "tensor";

 protected:
  NamedTensor(std::string name, Tensor value);
  ~NamedTensor() = default;

 private:
  std::string name_;
  Tensor value_;
  std::uint64_t id_;
};

/// State of a model besides its parameters, such as moving statistics: without gradient, not seen by optimizers.
class Buffer : public NamedTensor {
 public:
  Buffer(std::string name, Tensor value) : NamedTensor(std::move(name), std::move(value)) {}

  static constexpr const char* kind = "buffer";
};

/// A trainable tensor with its gradient.
///
/// Several threads: `backward` writes the gradient, so one tape at a time uses it.
class Parameter : public NamedTensor {
 public:
  Parameter(std::string name, Tensor value)
      : NamedTensor(std::move(name), std::move(value)), gradient_(Tensor::zeros(shape())) {}

  /// Written by `backward`; zeros before the first one. Not changed by a loss that does not depend on the parameter.
  Tensor& gradient() { return gradient_; }
  const Tensor& gradient() const { return gradient_; }

  /// If false, the parameter is frozen: it gets no gradient, and optimizers do not change it.
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

  static constexpr const char* kind = "parameter";

 private:
  Tensor gradient_;
  bool trainable_ = true;
};

}  // namespace gradus::inline GRADUS_PRECISION
