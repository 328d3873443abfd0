#include <gradus/autograd/activations.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/parallel.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double nanoseconds_per_activation = 0.4;

Variable activate(const Variable& x, std::string_view name) {
  return activate(x, activation_function("activate", name));
}

Variable activate(const Variable& x, std::string_view name, Real parameter) {
  ActivationFunction function = activation_function("activate", name);
  check(parameter > 0, "[{}] expected a positive {}, got {}", name, name == "elu" ? "alpha" : "negative_slope",
        parameter);
  function.parameter = parameter;
  return activate(x, function);
}

}  // namespace

Variable activate(const Variable& x, const ActivationFunction& function) {
  Tensor y = Tensor::empty(x.shape());
  const Index n = x.value().size();
  parallel_for(n, nanoseconds_per_activation, [&](Index begin, Index end) {
    function.forward(x.value().data() + begin, y.data() + begin, end - begin, function.parameter);
  });
  const Tensor saved = function.from_output ? y : x.value();
  return record(function.name.data(), y, {x}, [function, saved](const Tensor& dy, Gradients& d) {
    Tensor dx = d.out(0);
    parallel_for(dy.size(), nanoseconds_per_activation, [&](Index begin, Index end) {
      function.backward(saved.data() + begin, dy.data() + begin, dx.data() + begin, end - begin, function.parameter);
    });
  });
}

Variable relu(const Variable& x) { return activate(x, "relu"); }
Variable leaky_relu(const Variable& x, Real negative_slope) { return activate(x, "leaky_relu", negative_slope); }
Variable elu(const Variable& x, Real alpha) { return activate(x, "elu", alpha); }
Variable sigmoid(const Variable& x) { return activate(x, "sigmoid"); }
Variable tanh(const Variable& x) { return activate(x, "tanh"); }
Variable softplus(const Variable& x) { return activate(x, "softplus"); }
Variable gelu(const Variable& x) { return activate(x, "gelu"); }
Variable silu(const Variable& x) { return activate(x, "silu"); }

}  // namespace gradus::inline GRADUS_PRECISION
