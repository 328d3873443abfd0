#include "case.h"

#include "optimizers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

namespace harness {
namespace {

using Values = std::vector<double>;
using Step = std::function<void(std::size_t step, std::span<double> w, std::span<const double> g)>;

/// Reports w after each of some steps, on gradients that are random and do not depend on w.
void observe_steps(const Step& step, std::size_t steps, std::size_t size, double tolerance = 1e-9, double scale = 1) {
  Values w = normal(size), path;
  for (std::size_t i = 0; i < steps; ++i) {
    const Values g = normal(size, 0.3 * scale, scale);
    step(i, w, g);
    path.insert(path.end(), w.begin(), w.end());
  }
  observe("w after each step", path, {steps, size}).tolerance(tolerance, 1e-7);
}

/// The same on the bowl sum_i c[i] (w[i] - a[i])^2, where each gradient depends on the steps before.
void observe_path(const std::string& name, const Step& step, std::size_t steps, double tolerance = 1e-9) {
  const Values c{1, 0.1, 4}, a{3, 0.5, -1};
  Values w{1, -2, 0.5}, path;
  for (std::size_t i = 0; i < steps; ++i) {
    Values g(w.size());
    for (std::size_t j = 0; j < w.size(); ++j) g[j] = 2 * c[j] * (w[j] - a[j]);
    const Values before = g;
    step(i, w, g);
    unchanged("g", before, g);
    path.insert(path.end(), w.begin(), w.end());
  }
  observe(name, path, {steps, w.size()}).tolerance(tolerance, 1e-7);
}

/// Of cases whose gradients are large: where epsilon stands does not matter there.
constexpr double coarse = 1e-5;

double falling_rate(std::size_t step) { return step < 2 ? 0.1 : 0.02; }

/// Tensors of 5, 3 and 4 elements, whose gradients have different scales, with their state.
struct Model {
  static constexpr std::size_t tensors = 3;
  std::array<Values, tensors> w, g, m, v;

  Model() {
    const std::size_t sizes[] = {5, 3, 4};
    for (std::size_t i = 0; i < tensors; ++i) {
      w[i] = normal(sizes[i], 1);
      m[i] = v[i] = Values(sizes[i]);
    }
  }

  void step(std::size_t& t, const student::AdamOptions& options, std::array<bool, tensors> decay) {
    std::vector<student::Parameter> parameters;
    for (std::size_t i = 0; i < tensors; ++i) {
      g[i] = normal(w[i].size(), 0, i == 1 ? 0.1 : 1);
      parameters.push_back({w[i], g[i], m[i], v[i], decay[i]});
    }
    student::adam_step(parameters, t, options);
  }
};

/// Three steps; reports each tensor after each of them.
void observe_model(const student::AdamOptions& options, std::array<bool, Model::tensors> decay) {
  Model model;
  std::size_t t = 0;
  std::array<Values, Model::tensors> paths;
  for (std::size_t step = 0; step < 3; ++step) {
    model.step(t, options, decay);
    for (std::size_t i = 0; i < Model::tensors; ++i) {
      paths[i].insert(paths[i].end(), model.w[i].begin(), model.w[i].end());
    }
  }
  observe("t", t);
  for (std::size_t i = 0; i < Model::tensors; ++i) {
    observe(fmt::format("w of tensor {} after each step", i), paths[i], {3, model.w[i].size()}).tolerance(coarse, 1e-7);
  }
}

}  // namespace
}  // namespace harness

LAB_CASE("4.1", "one step", 1) {
  input("5 weights, random gradient, learning rate 0.1");
  observe_steps([](std::size_t, auto w, auto g) { student::sgd_step(w, g, 0.1); }, 1, 5);
}

LAB_CASE("4.1", "a bowl", 1) {
  input("sum_i c[i] (w[i] - a[i])^2, 6 steps, learning rate 0.05");
  observe_path(
      "w after each step", [](std::size_t, auto w, auto g) { student::sgd_step(w, g, 0.05); }, 6);
}

LAB_CASE("4.2", "momentum", 2) {
  input("4 weights, random gradients, 5 steps, learning rate 0.1, momentum 0.9");
  Values velocity(4);
  observe_steps([&](std::size_t, auto w, auto g) { student::momentum_step(w, g, velocity, 0.1, 0.9); }, 5, 4);
}

LAB_CASE("4.2", "Nesterov", 2) {
  input("4 weights, random gradients, 5 steps, learning rate 0.1, momentum 0.8");
  Values velocity(4);
  observe_steps([&](std::size_t, auto w, auto g) { student::nesterov_step(w, g, velocity, 0.1, 0.8); }, 5, 4);
}

LAB_CASE("4.2", "momentum, learning rate changes", 1) {
  input("3 weights, random gradients, 5 steps, learning rate 0.1, after 2 steps 0.02, momentum 0.9");
  Values velocity(3);
  observe_steps([&](std::size_t i, auto w, auto g) { student::momentum_step(w, g, velocity, falling_rate(i), 0.9); }, 5,
                3);
  observe("velocity", velocity);
}

LAB_CASE("4.2", "Nesterov, learning rate changes", 1) {
  input("3 weights, random gradients, 5 steps, learning rate 0.1, after 2 steps 0.02, momentum 0.9");
  Values velocity(3);
  observe_steps([&](std::size_t i, auto w, auto g) { student::nesterov_step(w, g, velocity, falling_rate(i), 0.9); }, 5,
                3);
  observe("velocity", velocity);
}

LAB_CASE("4.2", "a bowl", 1) {
  input("sum_i c[i] (w[i] - a[i])^2, 6 steps, learning rate 0.05, momentum 0.9; first momentum, then Nesterov");
  Values velocity(3);
  observe_path(
      "momentum: w after each step",
      [&](std::size_t, auto w, auto g) { student::momentum_step(w, g, velocity, 0.05, 0.9); }, 6);
  velocity.assign(3, 0);
  observe_path(
      "Nesterov: w after each step",
      [&](std::size_t, auto w, auto g) { student::nesterov_step(w, g, velocity, 0.05, 0.9); }, 6);
}

LAB_CASE("4.3", "the first step", 2) {
  input("5 weights, random gradient, t = 1, learning rate 0.1: every weight moves by nearly 0.1");
  Values m(5), v(5);
  observe_steps([&](std::size_t, auto w, auto g) { student::adam_update(w, g, m, v, 1, {.learning_rate = 0.1}); }, 1, 5,
                coarse);
  observe("m", m);
  observe("v", v);
}

LAB_CASE("4.3", "twelve steps", 2) {
  input("4 weights, random gradients, t = 1 to 12, learning rate 0.01, beta1 0.8, beta2 0.95");
  const student::AdamOptions options{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95};
  Values m(4), v(4);
  observe_steps([&](std::size_t i, auto w, auto g) { student::adam_update(w, g, m, v, i + 1, options); }, 12, 4,
                coarse);
}

LAB_CASE("4.3", "small gradients", 1) {
  input("4 weights, gradients of 1e-6, t = 1 to 4, learning rate 0.01, epsilon 1e-7: epsilon counts");
  Values m(4), v(4);
  observe_steps(
      [&](std::size_t i, auto w, auto g) { student::adam_update(w, g, m, v, i + 1, {.learning_rate = 0.01}); }, 4, 4,
      1e-9, 1e-6);
}

LAB_CASE("4.3", "a bowl", 1) {
  input("sum_i c[i] (w[i] - a[i])^2, t = 1 to 8, learning rate 0.2");
  Values m(3), v(3);
  observe_path(
      "w after each step",
      [&](std::size_t i, auto w, auto g) { student::adam_update(w, g, m, v, i + 1, {.learning_rate = 0.2}); }, 8,
      coarse);
}

LAB_CASE("4.3", "t = 0", 1) {
  input("t = 0");
  throws("a step 0", [] {
    Values w(2), m(2), v(2);
    const Values g(2, 1);
    student::adam_update(w, g, m, v, 0, {});
  });
}

LAB_CASE("4.4", "three tensors", 2) {
  input("tensors of 5, 3 and 4 elements, random gradients, 3 steps, learning rate 0.1, no decay");
  observe_model({.learning_rate = 0.1}, {true, true, true});
}

LAB_CASE("4.4", "weight decay", 3) {
  input("the same with weight decay 0.5");
  observe_model({.learning_rate = 0.1, .weight_decay = 0.5}, {true, true, true});
}

LAB_CASE("4.4", "weight decay of some", 1) {
  input("the same with weight decay 0.5 of the tensors 0 and 2 alone");
  observe_model({.learning_rate = 0.1, .weight_decay = 0.5}, {true, false, true});
}
