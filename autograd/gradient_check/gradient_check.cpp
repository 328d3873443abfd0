#include <gradus/autograd/gradient_check/gradient_check.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/reductions/reductions.h>
#include <gradus/autograd/tape.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Function = std::function<Variable(const std::vector<Variable>&)>;

std::vector<Tensor> tape_gradients(const Function& f, const std::vector<Tensor>& inputs, const Tensor& upstream) {
  GradientTape tape;
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.push_back(tape.watch(input));
  tape.backward(sum(f(leaves) * upstream));
  std::vector<Tensor> gradients;
  for (const Variable& leaf : leaves) gradients.push_back(tape.gradient(leaf));
  return gradients;
}

Tensor value_of(const Function& f, const std::vector<Tensor>& inputs) {
  const StopRecording pause;
  return f({inputs.begin(), inputs.end()}).value().clone();
}

}  // namespace

GradientCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs,
                              const GradientCheckOptions& options) {
  const Tensor y = value_of(f, inputs);
  Generator random(options.seed);
  std::vector<Tensor> upstreams{Tensor::normal(y.shape(), 0, 1, random)};
  constexpr Index max_jacobian_rows = 64;
  for (Index i = 0; i < y.size() && y.size() <= max_jacobian_rows; ++i) {
    upstreams.push_back(Tensor::zeros(y.shape()));
    upstreams.back().data()[i] = 1;
  }
  std::vector<std::vector<Tensor>> analytic;
  for (const Tensor& upstream : upstreams) analytic.push_back(tape_gradients(f, inputs, upstream));

  GradientCheck result;
  double max_excess = 0;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    for (Index i = 0; i < inputs[input].size(); ++i) {
      std::vector<Tensor> shifted = inputs;
      shifted[input] = inputs[input].clone();
      const double center = inputs[input].data()[i];
      const double step = options.step * std::max(1.0, std::abs(center));
      shifted[input].data()[i] = static_cast<Real>(center + step);
      const Tensor above = value_of(f, shifted);
      shifted[input].data()[i] = static_cast<Real>(center - step);
      const Tensor below = value_of(f, shifted);
      for (std::size_t u = 0; u < upstreams.size(); ++u) {
        double numeric = 0;
        for (Index j = 0; j < y.size(); ++j) {
          numeric += double{upstreams[u].data()[j]} * (double{above.data()[j]} - double{below.data()[j]}) / (2 * step);
        }
        const double tape = analytic[u][input].data()[i];
        const double error = std::abs(tape - numeric);
        const double excess = error / (options.absolute_tolerance + options.relative_tolerance * std::abs(numeric));
        result.max_error = std::max(result.max_error, error);
        if (!(excess <= max_excess)) {  // true for NaN
          max_excess = std::isnan(excess) ? HUGE_VAL : excess;
          result.report = fmt::format("input {}, element {}: tape {:.9g}, numeric {:.9g}, {:.3g} times the tolerance",
                                      input, i, tape, numeric, max_excess);
        }
      }
    }
  }
  result.passed = max_excess <= 1;
  if (!result.passed && sizeof(Real) == 4) {
    result.report +=
        "; the differences are coarse in this float build: link gradus::gradus_double for the double build";
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
