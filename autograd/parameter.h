#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A named tensor that outlives tapes: a weight with its gradient, or a buffer (moving statistics), which is never
/// trainable and has no gradient.
class Parameter {
 public:
  enum class Kind { weight, buffer };

  Parameter(std::string name, Tensor value, Kind kind = Kind::weight)
      : name_(std::move(name)), value_(std::move(value)), kind_(kind), trainable_(kind == Kind::weight) {
    if (kind == Kind::weight) gradient_ = Tensor::zeros(value_.shape());
  }
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;

  /// Dotted and stable, as in "batch_normalization.moving_mean".
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  const Shape& shape() const { return value_.shape(); }
  Tensor& value() { return value_; }
  const Tensor& value() const { return value_; }
  /// What the last `backward` wrote. Zero before the first one; a parameter that a tape did not use keeps the older.
  Tensor& gradient() { return gradient_; }
  const Tensor& gradient() const { return gradient_; }

  Kind kind() const { return kind_; }
  /// Frozen (not trainable) parameters get no gradient, and optimizers leave them alone.
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable && kind_ == Kind::weight; }
  /// Optimizers move the parameter at their learning rate times this, 1 unless set.
  double learning_rate_multiplier() const { return learning_rate_multiplier_; }
  /// Throws ValueError unless 0 <= multiplier < infinity. At 0 the parameter rests, but has its gradient.
  void set_learning_rate_multiplier(double multiplier);

  /// Moves value and gradient into other storage of the same shape, as a model does that packs its parameters.
  void move_to(Tensor value, Tensor gradient) {
    value.copy_from(value_);
    gradient.copy_from(gradient_);
    value_ = std::move(value);
    gradient_ = std::move(gradient);
  }

 private:
  friend class GradientTape;

  std::string name_;
  Tensor value_;
  Tensor gradient_;
  Kind kind_;
  bool trainable_;
  double learning_rate_multiplier_ = 1;
  std::uint64_t tape_ = 0;  // the tape that last used it, and its slot there
  std::uint32_t slot_ = 0;
};

/// The parameters or buffers of a model, in order: a view, cheap to copy, valid as long as the model.
class Parameters {
 public:
  class Iterator {
   public:
    using value_type = Parameter;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(Parameter* const* at) : at_(at) {}
    Parameter& operator*() const { return **at_; }
    Parameter* operator->() const { return *at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    Parameter* const* at_ = nullptr;
  };

  explicit Parameters(std::span<Parameter* const> list) : list_(list) {}

  Iterator begin() const { return Iterator(list_.data()); }
  Iterator end() const { return Iterator(list_.data() + list_.size()); }
  std::size_t size() const { return list_.size(); }
  Parameter& operator[](std::size_t i) const { return *list_[i]; }
  /// By name. Throws ValueError, suggesting the nearest, if there is none of that name.
  Parameter& operator[](std::string_view name) const;

 private:
  std::span<Parameter* const> list_;
};

}  // namespace gradus::inline GRADUS_PRECISION
