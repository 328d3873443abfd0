#pragma once

#include "support/fixture.h"

namespace gradus::inline GRADUS_PRECISION {

/// The maximum of |got - expected| is relative |expected| + absolute.
struct Tolerance {
  double relative;
  double absolute;
};

/// Empty if the two agree, otherwise a description of the element that differs most, or of the shapes.
std::string difference(const Tensor& got, const Values& expected, Tolerance tolerance);
std::string difference(const Tensor& got, const Tensor& expected, Tolerance tolerance);

/// Whether shapes and all bits are equal.
bool same_bits(const Tensor& a, const Tensor& b);

/// The message of the error of type E that `call` throws; a description of what happened if it does not.
template <class E, class F>
std::string error_text(F call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("an error of another type: ") + error.what();
  }
  return "no error";
}

}  // namespace gradus::inline GRADUS_PRECISION
