#pragma once

#include "support/fixture.h"

#include <gradus/autograd/variable.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

/// How the numbers of an example's input are drawn.
enum class Draw {
  normal,
  positive,           ///< at least 0.5
  apart,              ///< all inputs' numbers differ from each other and from 0: where kinks are differentiated
  labels,             ///< class indices below the last size of the first input; a constant
  constant,           ///< normal, and never differentiated
  constant_positive,  ///< at least 0.5, and never differentiated
  constant_fraction,  ///< in [0, 1), and never differentiated
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

/// One row of the table: a differentiable operation and everything that the tests need to know of it.
struct Operation {
  std::string name;  ///< as in the fixtures and, for most, in `record`
  /// The call, with the inputs in the order of the fixtures, constants among them.
  std::function<Variable(const std::vector<Variable>& inputs, const CaseOptions& options)> call;
  std::vector<Example> tiny;   ///< about 4x3: gradients by differences
  std::vector<Example> large;  ///< enough work for several chunks: the same bits for any number of threads
  bool has_fixtures = true;
};

/// All differentiable operations of gradus. A new operation needs one row here and nothing else: it brings the
/// gradient check, the reference values, the check that gradients overwrite and add up, and that of determinism.
const std::vector<Operation>& operations();

/// The row of that name, or null.
const Operation* find_operation(std::string_view name);

/// Whether inputs of that kind have no gradient.
inline bool is_constant(Draw draw) { return draw >= Draw::labels; }

/// The example's inputs, the same each time.
std::vector<Tensor> draw(const Example& example);

/// An operation of its differentiable inputs alone, the others fixed, and those inputs.
struct Differentiable {
  std::function<Variable(const std::vector<Variable>& inputs)> call;
  std::vector<Tensor> inputs;
};
Differentiable differentiable(const Operation& operation, const Example& example);

}  // namespace gradus::inline GRADUS_PRECISION
