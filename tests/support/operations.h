#pragma once

#include "support/fixture.h"

#include <gradus/autograd/variable.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

/// How the numbers of an input are drawn.
enum class Draw {
  normal,
  positive,           ///< at least 0.5
  apart,              ///< all numbers of all inputs differ from each other and from 0, away from kinks
  labels,             ///< class indices below the last size of the first input; a constant
  constant,           ///< normal; not differentiated
  constant_positive,  ///< at least 0.5; not differentiated
  constant_fraction,  ///< in [0, 1); not differentiated
};

struct Drawn {
  Shape shape;
  Draw draw = Draw::normal;
};

/// One call of an operation with random inputs.
struct Example {
  std::vector<Drawn> inputs;
  CaseOptions options;
};

/// One row of the table: a differentiable operation and all that the tests need to know about it.
struct Operation {
  std::string name;  ///< as in the fixtures and, for most, in `record`
  /// The call, with the inputs in the order of the fixtures, including constants.
  std::function<Variable(const std::vector<Variable>& inputs, const CaseOptions& options)> call;
  std::vector<Example> tiny;   ///< about 4x3, for finite differences
  std::vector<Example> large;  ///< enough work for several chunks, to compare numbers of threads
  bool has_fixtures = true;
};

/// All differentiable operations of gradus. A row is all that a new operation needs to be tested for its gradients, its
/// reference values, overwriting and accumulating gradients, and determinism.
const std::vector<Operation>& operations();

/// The row of that name, or null.
const Operation* find_operation(std::string_view name);

/// Whether inputs of that kind are not differentiated.
inline bool is_constant(Draw draw) { return draw >= Draw::labels; }

/// The inputs of the example, the same for every call.
std::vector<Tensor> draw(const Example& example);

/// An operation as a function of its differentiable inputs, with the others fixed; and these inputs.
struct Differentiable {
  std::function<Variable(const std::vector<Variable>& inputs)> call;
  std::vector<Tensor> inputs;
};
Differentiable differentiable(const Operation& operation, const Example& example);

}  // namespace gradus::inline GRADUS_PRECISION
