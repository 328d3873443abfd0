#pragma once

#include <gradus/autograd/parameter.h>
#include <gradus/core/names.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace gradus::inline GRADUS_PRECISION {

/// The parameters, buffers or both of a model, in order: a view, cheap to copy, valid as long as the model.
///
/// Several threads: a view is read-only; its elements are not synchronized.
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

  explicit NamedTensorList(std::span<T* const> list) : list_(list) {}
  /// Converts a list of mutable elements to one of const elements.
  template <class U>
  requires(!std::is_same_v<T, U> && std::is_same_v<T, const U>) NamedTensorList(NamedTensorList<U> other)
      : list_(other.pointers()) {}

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
  std::span<T* const> list_;
};

using Parameters = NamedTensorList<Parameter>;
using ConstParameters = NamedTensorList<const Parameter>;
using Buffers = NamedTensorList<Buffer>;
using ConstBuffers = NamedTensorList<const Buffer>;
using NamedTensors = NamedTensorList<NamedTensor>;
using ConstNamedTensors = NamedTensorList<const NamedTensor>;

}  // namespace gradus::inline GRADUS_PRECISION
