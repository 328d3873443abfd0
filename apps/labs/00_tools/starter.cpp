#include "tools.h"

#include "not_implemented.h"

#include <algorithm>
#include <cstddef>

namespace student {

// Task 0.1
void relu(std::span<const double> x, std::span<double> y) { throw NotImplemented("lab 0, task 0.1: relu"); }

}  // namespace student
