#pragma once

#include <gradus/autograd/parameter.h>
#include <gradus/core/names.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The parameters, buffers or both of a model, in order, as they were when the list was made. Cheap to copy; its
/// elements are valid as long as the model.
///
/// Several threads: a list is read-only; its elements are not synchronized.
template <class T>
class NamedTensorList {
 public:
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(T* const* at) : at_(at) {}
    T& operator*() const { return **at_; }
    T* operator->() const { return *at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    T* const* at_ = nullptr;
  };

  NamedTensorList() = default;
  /// A view of pointers that the caller keeps.
  explicit NamedTensorList(std::span<T* const> list) : list_(list) {}
  explicit NamedTensorList(std::vector<T*> pointers) {
    const auto owner = std::make_shared<const std::vector<T*>>(std::move(pointers));
    owner_ = owner;
    list_ = *owner;
  }
  /// Converts a list of mutable elements to one of const elements.
  template <class U>
  requires(!std::is_same_v<T, U> && std::is_same_v<T, const U>) NamedTensorList(NamedTensorList<U> other)
      : owner_(other.owner_), list_(other.list_) {}

  Iterator begin() const { return Iterator(list_.data()); }
  Iterator end() const { return Iterator(list_.data() + list_.size()); }
  std::size_t size() const { return list_.size(); }
  T& operator[](std::size_t i) const { return *list_[i]; }
  /// By name. Throws ValueError with the nearest name if there is none.
  T& operator[](std::string_view name) const {
    return **find_name(std::string(T::kind) + "s", T::kind, name, list_, &T::name);
  }

  std::span<T* const> pointers() const { return list_; }

 private:
  template <class U>
  friend class NamedTensorList;

  std::shared_ptr<const void> owner_;  // of the pointers, or null
  std::span<T* const> list_;
};

using Parameters = NamedTensorList<Parameter>;
using ConstParameters = NamedTensorList<const Parameter>;
using Buffers = NamedTensorList<Buffer>;
using ConstBuffers = NamedTensorList<const Buffer>;
using NamedTensors = NamedTensorList<NamedTensor>;
using ConstNamedTensors = NamedTensorList<const NamedTensor>;

/// The parameters of several models, each once, for one optimizer: join(encoder.parameters(), head.parameters()).
template <class T, class... Lists>
NamedTensorList<T> join(NamedTensorList<T> first, const Lists&... others) {
  std::vector<T*> all(first.pointers().begin(), first.pointers().end());
  const auto add = [&](T* tensor) {
    if (std::ranges::find(all, tensor) == all.end()) all.push_back(tensor);
  };
  (std::ranges::for_each(others.pointers(), add), ...);
  return NamedTensorList<T>(std::move(all));
}

/// Drops gradients that no step has used, for example of a step that is skipped.
inline void clear_gradients(Parameters parameters) {
  for (Parameter& parameter : parameters) parameter.clear_gradient();
}

}  // namespace gradus::inline GRADUS_PRECISION
