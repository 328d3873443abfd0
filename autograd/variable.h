#pragma once

#include <gradus/autograd/parameter_list.h>

#include <functional>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

/// A tensor's place on a tape. Made from a tensor it is a constant; made from a trainable parameter while a tape is
/// alive, or by `tape.watch`, it is a leaf; every function of a leaf gives a variable that the tape remembers.
class Variable {
 public:
  Variable() = default;
  Variable(Tensor value) : value_(std::move(value)) {}
  Variable(Parameter& parameter);
  /// Of a parameter that may not be changed: a constant.
  Variable(const Parameter& parameter) : value_(parameter.value()) {}

  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  bool defined() const { return value_.defined(); }

 private:
  friend class GradientTape;
  friend Variable record_closure(const char*, Tensor, std::span<const std::reference_wrapper<const Variable>>,
                                 const struct ClosureType&, void*);
  Variable(Tensor value, std::uint64_t tape, std::uint32_t slot) : value_(std::move(value)), tape_(tape), slot_(slot) {}

  Tensor value_;
  std::uint64_t tape_ = 0;  // 0: a constant
  std::uint32_t slot_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
