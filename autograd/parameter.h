#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// A tensor with a name that outlives tapes: a parameter or a buffer of a model.
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

  /// A number that no other parameter or buffer of the program ever has, unlike an address.
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

/// What a model keeps besides its parameters: moving statistics. It has no gradient, and optimizers do not see it.
class Buffer : public NamedTensor {
 public:
  Buffer(std::string name, Tensor value) : NamedTensor(std::move(name), std::move(value)) {}

  static constexpr const char* kind = "buffer";
};

/// What training changes: a tensor with its gradient.
class Parameter : public NamedTensor {
 public:
  Parameter(std::string name, Tensor value)
      : NamedTensor(std::move(name), std::move(value)), gradient_(Tensor::zeros(shape())) {}

  /// What the last `backward` wrote. Zero before the first one; a parameter that a tape did not use keeps the older.
  Tensor& gradient() { return gradient_; }
  const Tensor& gradient() const { return gradient_; }

  /// A frozen parameter is not trainable: it gets no gradient, and optimizers do not change it.
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

  static constexpr const char* kind = "parameter";

 private:
  Tensor gradient_;
  bool trainable_ = true;
};

}  // namespace gradus::inline GRADUS_PRECISION
