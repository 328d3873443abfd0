#pragma once

#include <gradus/core/check.h>
#include <gradus/core/tensor.h>

#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Goes through the named state of objects, to save it or to restore it. An object lists its state once, for both:
///
///     void visit_state(Archive& archive) override { archive("waited", waited_)("best", best_); }
///
/// Numbers are restored to the bit. A custom archive overrides the functions for tensors and for texts, which numbers
/// become; names are dotted.
///
/// Several threads: an archive is used by one thread at a time.
class Archive {
 public:
  virtual ~Archive() = default;
  /// Whether values are replaced by saved ones.
  virtual bool restoring() const = 0;

  /// Restoring writes to the tensor, and throws StateError for another shape; an empty one becomes the saved one.
  Archive& operator()(std::string_view name, Tensor& value) {
    visit_tensor(prefix_ + std::string(name), value);
    return *this;
  }
  Archive& operator()(std::string_view name, std::string& text) {
    visit_text(prefix_ + std::string(name), text);
    return *this;
  }
  Archive& operator()(std::string_view name, std::vector<double>& values);
  /// A number, or a truth value.
  template <class T>
  requires(std::is_arithmetic_v<T>) Archive& operator()(std::string_view name, T& value) {
    const T number = number_for(name, value);
    if (restoring()) value = number;
    return *this;
  }
  /// A number from `low` to `high`. Throws StateError for another one, and for NaN.
  template <class T>
  Archive& in_range(std::string_view name, T& value, std::type_identity_t<T> low, std::type_identity_t<T> high) {
    const T number = number_for(name, value);
    check<StateError>(low <= number && number <= high, "[checkpoint] expected a number from {} to {} as {}{}, got {}",
                      low, high, prefix_, name, number);
    if (restoring()) value = number;
    return *this;
  }
  /// What goes up by one at a time, from 0, and is too far from the largest number to get there.
  template <std::integral T>
  Archive& count(std::string_view name, T& value) {
    return in_range(name, value, 0, std::numeric_limits<T>::max() / 2);
  }
  /// The state of another object, whose names begin with this one.
  template <class T>
  requires requires(T& object, Archive& archive) { object.visit_state(archive); }
  Archive& operator()(std::string_view name, T& object) {
    return within(name, [&] { object.visit_state(*this); });
  }
  /// What `body` visits, with names that begin with this one.
  template <class Body>
  Archive& within(std::string_view name, const Body& body) {
    const std::string outer = prefix_;
    prefix_ += std::string(name) + '.';
    body();
    prefix_ = outer;
    return *this;
  }
  /// What must not change between saving and restoring. Throws StateError, with `what`, if it has.
  template <class T>
  Archive& same(std::string_view name, std::string_view what, const T& value) {
    std::string saved = fmt::format("{}", value);
    const std::string now = saved;
    (*this)(name, saved);
    check<StateError>(saved == now, "[checkpoint] expected {} as when it was saved, {}, got {}", what, saved, now);
    return *this;
  }

 private:
  /// The number that the text for `value` has become.
  template <class T>
  T number_for(std::string_view name, T value) {
    std::string text = fmt::format("{}", +value);
    (*this)(name, text);
    auto number = +value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    check<StateError>(error == std::errc() && end == text.data() + text.size(),
                      "[checkpoint] expected a number as {}{}, got '{}'", prefix_, name, text);
    return static_cast<T>(number);
  }

  virtual void visit_tensor(const std::string& name, Tensor& value) = 0;
  virtual void visit_text(const std::string& name, std::string& text) = 0;

  std::string prefix_;
};

}  // namespace gradus::inline GRADUS_PRECISION
