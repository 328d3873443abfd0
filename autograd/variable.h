#pragma once

#include <gradus/autograd/parameter_list.h>

#include <functional>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

/// A tensor and its position on a tape. Made from a tensor it is a constant; made from a trainable parameter while a
/// tape records, or by `tape.watch`, it is a leaf; the tape records every function of a leaf. A default-constructed or
/// moved-from variable is empty.
///
/// Several threads: values may be read at the same time; a variable on a tape is used by the thread of that tape.
class Variable {
 public:
  Variable() = default;
  /// Throws StateError for an empty tensor.
  Variable(Tensor value) : value_(std::move(value)) { this->value(); }
  Variable(Parameter& parameter);
  /// A constant: the gradient of a const parameter cannot be written.
  Variable(const Parameter& parameter) : value_(parameter.value()) {}

  /// Throws StateError if it is empty.
  const Tensor& value() const {
    if (!value_.defined()) throw_empty();
    return value_;
  }
  const Shape& shape() const { return value_.shape(); }
  bool defined() const { return value_.defined(); }
  /// The value, or an empty tensor: of an input that may be left out, such as a bias.
  const Tensor& value_if_any() const { return value_; }

 private:
  friend class GradientTape;
  friend Variable record_closure(const char*, Tensor, std::span<const std::reference_wrapper<const Variable>>,
                                 const struct ClosureType&, void*);
  [[noreturn]] static void throw_empty();

  Variable(Tensor value, std::uint64_t tape, std::uint32_t slot) : value_(std::move(value)), tape_(tape), slot_(slot) {}

  Tensor value_;
  std::uint64_t tape_ = 0;  // 0: a constant
  std::uint32_t slot_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
