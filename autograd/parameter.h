#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <memory>
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

  const Shape& shape() const { return value_.shape(); }
  Tensor& value() { return value_; }
  const Tensor& value() const { return value_; }

  /// A number that is unique in the program and, unlike an address, never reused.
  std::uint64_t id() const { return id_; }

  static constexpr const char* kind = "tensor";

 protected:
  NamedTensor(std::string name, Tensor value);
  ~NamedTensor() = default;

  void set_name(std::string name) { name_ = std::move(name); }

 private:
  std::string name_;
  Tensor value_;
  std::uint64_t id_;
};

/// State of a model besides its parameters, such as moving statistics: without gradient, not seen by optimizers.
class Buffer : public NamedTensor {
 public:
  Buffer(std::string name, Tensor value) : NamedTensor(std::move(name), std::move(value)) {}
  using NamedTensor::set_name;

  static constexpr const char* kind = "buffer";
};

/// The number of the last backward pass of this thread; 1 before the first.
std::uint64_t& backward_passes();

/// The gradient of a parameter with the mark of the backward pass that wrote it. Shared with tapes, which may outlive
/// the parameter.
///
/// Several threads: as the parameter.
struct ParameterGradient {
  Tensor value;
  std::string of;             // name of the parameter, which may be gone
  std::uint64_t pass = 0;     // that wrote it; 0: none
  std::uint64_t used_at = 0;  // backward_passes() at the step that used it; 0: not used

  bool unused() const { return pass != 0 && used_at == 0; }
  void mark(std::uint64_t by) {
    pass = by;
    used_at = 0;
  }
};

/// A trainable tensor. It has a gradient from a backward pass that uses it to the optimizer step that uses the
/// gradient: a parameter that the loss of a step does not depend on has none in this step, and nothing moves it.
///
/// Several threads: `backward` writes the gradient, so one tape at a time uses it.
class Parameter : public NamedTensor {
 public:
  Parameter(std::string name, Tensor value);
  void set_name(std::string name);

  /// Whether there is a gradient: one that no step has used, or one that a step has used and no backward pass of this
  /// thread has followed. Other threads ask with the `passes` of this one.
  bool has_gradient(std::uint64_t passes = backward_passes()) const {
    return gradient_->pass != 0 && (gradient_->used_at == 0 || gradient_->used_at >= passes);
  }
  /// What a step moves the parameter by.
  bool has_unused_gradient() const { return gradient_->unused(); }
  /// Throws StateError if there is none.
  Tensor& gradient();
  const Tensor& gradient() const { return const_cast<Parameter&>(*this).gradient(); }
  /// Writes a copy of `gradient`, as a backward pass does: set_gradient(gradient()) lets the next step use it again.
  /// Throws ShapeError for another shape.
  void set_gradient(const Tensor& gradient);
  void clear_gradient() { gradient_->mark(0); }
  /// What a step does when it has moved the parameter: the gradient is used once.
  void use_gradient();
  /// The number of the backward pass that wrote the gradient; `any_pass` for set_gradient and for accumulated ones.
  std::uint64_t gradient_pass() const { return gradient_->pass; }
  static constexpr std::uint64_t any_pass = ~std::uint64_t{0};

  /// If false, the parameter is frozen: it gets no gradient, and optimizers do not change it.
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

  static constexpr const char* kind = "parameter";

 private:
  friend class GradientTape;

  std::shared_ptr<ParameterGradient> gradient_;
  bool trainable_ = true;
};

}  // namespace gradus::inline GRADUS_PRECISION
