#pragma once

#include "call_counts.h"
#include "dropout.h"
#include "tape.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace harness {

/// The functions of lab 6 as an operation of the student's tape.
inline student::Variable dropout(const student::Variable& x, double rate, std::uint64_t key, bool training) {
  student::Matrix y(x.value.rows, x.value.columns);
  student::dropout_forward(x.value.elements, rate, key, training, y.elements);
  ++call_counts()["dropout_forward"];
  return student::record("dropout", {x.slot}, std::move(y), [rate, key, training](const student::Matrix& dy) {
    student::Matrix dx(dy.rows, dy.columns);
    student::dropout_backward(dy.elements, rate, key, training, dx.elements);
    ++call_counts()["dropout_backward"];
    return std::vector<student::Matrix>{std::move(dx)};
  });
}

}  // namespace harness
