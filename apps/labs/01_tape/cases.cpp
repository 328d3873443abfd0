#include "case.h"
#include "tape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace harness;
using student::Matrix;
using student::Recording;
using student::Tape;
using student::Variable;

namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns) { return {rows, columns, normal(rows * columns)}; }

void observe_matrix(const std::string& name, const Matrix& m) { observe(name, m.elements, {m.rows, m.columns}); }

void observe_gradient(const std::string& name, const Tape& tape, const Variable& variable) {
  observe_matrix(name, student::gradient(tape, variable));
}

std::string slot_text(std::size_t slot) { return slot == student::constant ? "-" : std::to_string(slot); }

/// The records as "name(inputs)output", "-" for a constant: "times(0 1)2 total(2)3".
std::string list_of(const Tape& tape) {
  std::string text;
  for (const auto& record : tape.records) {
    if (!text.empty()) text += ' ';
    text += record.name + '(';
    for (std::size_t i = 0; i < record.inputs.size(); ++i) text += (i == 0 ? "" : " ") + slot_text(record.inputs[i]);
    text += ')' + slot_text(record.output);
  }
  return text;
}

// Operations of the cases, so that tasks 1.1 and 1.2 are graded before 1.3 and 1.4 are written.
Variable times(const Variable& a, const Variable& b) {
  const auto product = [](const Matrix& p, const Matrix& q) {
    return student::elementwise(p, q, [](double x, double y) { return x * y; });
  };
  return student::record("times", {a.slot, b.slot}, product(a.value, b.value),
                         [product, x = a.value, y = b.value](const Matrix& dy) {
                           return std::vector<Matrix>{product(dy, y), product(dy, x)};
                         });
}

Variable plus(const Variable& a, const Variable& b) {
  return student::record("plus", {a.slot, b.slot},
                         student::elementwise(a.value, b.value, [](double x, double y) { return x + y; }),
                         [](const Matrix& dy) {
                           return std::vector<Matrix>{dy, dy};
                         });
}

Variable sine(const Variable& a) {
  Matrix y = a.value;
  for (double& element : y.elements) element = std::sin(element);
  return student::record("sine", {a.slot}, std::move(y), [x = a.value](const Matrix& dy) {
    return std::vector<Matrix>{student::elementwise(dy, x, [](double g, double v) { return g * std::cos(v); })};
  });
}

/// The weighted sum of all elements, so that the gradient that arrives is not 1 everywhere.
Variable total(const Variable& a, const Matrix& weights) {
  double result = 0;
  for (std::size_t i = 0; i < weights.elements.size(); ++i) result += a.value.elements[i] * weights.elements[i];
  return student::record("total", {a.slot}, Matrix(1, 1, result), [weights](const Matrix& dy) {
    Matrix dx = weights;
    for (double& element : dx.elements) element *= dy(0, 0);
    return std::vector<Matrix>{dx};
  });
}

/// y = a + b; its function writes its name to the log.
Variable logged(const std::string& name, const Variable& a, const Variable& b, std::string& log) {
  return student::record(name, {a.slot, b.slot},
                         student::elementwise(a.value, b.value, [](double x, double y) { return x + y; }),
                         [name, &log](const Matrix& dy) {
                           log += (log.empty() ? "" : " ") + name;
                           return std::vector<Matrix>{dy, dy};
                         });
}

/// Makes `count` operations of random inputs on the tape of `variables`, and returns the loss: a sum of all of them.
Variable random_graph(std::vector<Variable>& variables, std::size_t count, std::size_t rows, std::size_t columns) {
  const auto kinds = integers(count, 3);
  const auto draws = integers(2 * count, 1000);
  for (std::size_t i = 0; i < count; ++i) {
    const Variable& a = variables[draws[2 * i] % variables.size()];
    const Variable& b = variables[draws[2 * i + 1] % variables.size()];
    variables.push_back(kinds[i] == 0 ? times(sine(a), sine(b)) : kinds[i] == 1 ? plus(a, b) : sine(a));
  }
  Variable all = total(variables.front(), random_matrix(rows, columns));
  for (std::size_t i = 1; i < variables.size(); ++i) {
    all = plus(all, total(variables[i], random_matrix(rows, columns)));
  }
  return all;
}

/// An operation with a row, with a column, and with its own input twice.
void broadcasts(Variable (*operation)(const Variable&, const Variable&), const std::string& with_row,
                const std::string& with_itself) {
  const Matrix upstream = random_matrix(3, 4);
  Tape tape;
  const Recording recording(&tape);
  const Variable a = student::leaf(tape, random_matrix(3, 4));
  const Variable b = student::leaf(tape, random_matrix(1, 4));
  const Variable c = student::leaf(tape, random_matrix(3, 1));
  const Variable row = operation(a, b);
  observe_matrix(with_row, row.value);
  student::backward(tape, total(row, upstream));
  observe_gradient("da of " + with_row, tape, a);
  observe_gradient("db", tape, b);
  student::backward(tape, total(operation(c, a), upstream));
  observe_gradient("dc", tape, c);
  student::backward(tape, total(operation(a, a), upstream));
  observe_gradient("da of " + with_itself, tape, a);
}

}  // namespace

LAB_CASE("1.1", "slots and records", 1) {
  input("leaves x (2, 3) and w (2, 3); y = x w, z = sin y, loss = total z");
  Tape tape;
  const Recording recording(&tape);
  const Matrix values = random_matrix(2, 3);
  const Variable x = student::leaf(tape, values);
  const Variable w = student::leaf(tape, random_matrix(2, 3));
  observe("slots after two leaves", static_cast<double>(tape.gradients.size()));
  observe("records after two leaves", static_cast<double>(tape.records.size()));
  const Variable y = times(x, w);
  const Variable z = sine(y);
  const Variable loss = total(z, Matrix(2, 3, 1.0));
  observe_text("slots of x w y z loss", slot_text(x.slot) + ' ' + slot_text(w.slot) + ' ' + slot_text(y.slot) + ' ' +
                                            slot_text(z.slot) + ' ' + slot_text(loss.slot));
  observe_text("records", list_of(tape));
  observe("slots", static_cast<double>(tape.gradients.size()));
  observe_matrix("value of x", x.value);
  observe_matrix("value of y", y.value);
  double filled = 0;
  for (const Matrix& gradient : tape.gradients) filled += gradient.empty() ? 0 : 1;
  observe("gradients before the walk", filled);
}

LAB_CASE("1.1", "constants", 1) {
  input("constants a, b and a leaf x: c = a b, d = sin c, y = d x");
  Tape tape;
  const Recording recording(&tape);
  const Variable a{random_matrix(1, 3)};
  const Variable b{random_matrix(1, 3)};
  const Variable x = student::leaf(tape, random_matrix(1, 3));
  const Variable c = times(a, b);
  const Variable d = sine(c);
  observe_text("slots of c d", slot_text(c.slot) + ' ' + slot_text(d.slot));
  observe("records of constants", static_cast<double>(tape.records.size()));
  observe("slots after constants", static_cast<double>(tape.gradients.size()));
  observe_matrix("value of d", d.value);
  const Variable y = times(d, x);
  observe_text("records with x", list_of(tape));
  observe_text("slot of y", slot_text(y.slot));
}

LAB_CASE("1.1", "nothing records", 1) {
  input("a leaf x; y = sin x before the scope, in a scope of no tape, and after it");
  Tape tape;
  const Variable x = student::leaf(tape, random_matrix(2, 1));
  const Variable before = sine(x);
  observe_text("before: slot, records", slot_text(before.slot) + ' ' + std::to_string(tape.records.size()));
  {
    const Recording recording(&tape);
    const Variable inside = sine(x);
    {
      const Recording paused(nullptr);
      const Variable y = sine(x);
      observe_text("paused: slot, records", slot_text(y.slot) + ' ' + std::to_string(tape.records.size()));
      observe_matrix("value while paused", y.value);
    }
    const Variable again = sine(inside);
    observe_text("resumed", list_of(tape));
  }
  const Variable after = sine(x);
  observe_text("after: slot, records", slot_text(after.slot) + ' ' + std::to_string(tape.records.size()));
}

LAB_CASE("1.1", "two tapes", 1) {
  input("an outer tape with x, an inner one with u, v: sin x | u v | sin sin x");
  Tape outer;
  const Recording first(&outer);
  const Variable x = student::leaf(outer, random_matrix(1, 2));
  const Variable y = sine(x);
  Tape inner;
  {
    const Recording second(&inner);
    const Variable u = student::leaf(inner, random_matrix(1, 2));
    const Variable v = student::leaf(inner, random_matrix(1, 2));
    const Variable w = times(u, v);
    observe_text("slot of w", slot_text(w.slot));
  }
  const Variable z = sine(y);
  observe_text("outer", list_of(outer));
  observe_text("inner", list_of(inner));
  observe_text("slot of z", slot_text(z.slot));
}

LAB_CASE("1.2", "order", 2) {
  input("c = x + w, d = c + x, e = d + c, loss = e + d; an unused branch u = c + c");
  Tape tape;
  const Recording recording(&tape);
  std::string log;
  const Variable x = student::leaf(tape, Matrix(1, 1, 2.0));
  const Variable w = student::leaf(tape, Matrix(1, 1, 3.0));
  const Variable c = logged("c", x, w, log);
  const Variable unused = logged("u", c, c, log);
  const Variable d = logged("d", c, x, log);
  const Variable e = logged("e", d, c, log);
  const Variable loss = logged("loss", e, d, log);
  student::backward(tape, loss);
  observe_text("functions called", log);
  observe_gradient("d loss", tape, loss);
  observe_gradient("de", tape, e);
  observe_gradient("dd", tape, d);
  observe_gradient("dc", tape, c);
  observe_gradient("dx", tape, x);
  observe_gradient("dw", tape, w);
  observe_gradient("du, not used", tape, unused);
}

LAB_CASE("1.2", "a diamond", 1) {
  const Matrix weights = random_matrix(2, 3);
  input("x (2, 3) ~ N(0, 1); u = sin x, loss = total((u u) + (u x))");
  Tape tape;
  const Recording recording(&tape);
  const Variable x = student::leaf(tape, random_matrix(2, 3));
  const Variable u = sine(x);
  const Variable square = times(u, u);
  const Variable mixed = times(u, x);
  const Variable y = plus(square, mixed);
  const Variable loss = total(y, weights);
  student::backward(tape, loss);
  observe_gradient("dy", tape, y);
  observe_gradient("dsquare", tape, square);
  observe_gradient("du", tape, u);
  observe_gradient("dx", tape, x);
}

LAB_CASE("1.2", "a random graph", 2) {
  input("4 leaves (2, 3), 14 operations of random inputs, the loss a sum of all of them with random weights");
  Tape tape;
  const Recording recording(&tape);
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < 4; ++i) variables.push_back(student::leaf(tape, random_matrix(2, 3)));
  const Variable loss = random_graph(variables, 14, 2, 3);
  observe_matrix("loss", loss.value);
  student::backward(tape, loss);
  for (std::size_t i = variables.size(); i > 0; --i) {
    observe_gradient("d variable " + std::to_string(i - 1), tape, variables[i - 1]);
  }
}

LAB_CASE("1.2", "a chain of 100,000 operations", 1) {
  input("x = 0.5; 100,000 times x <- x + 0.001 x0; loss = x");
  Tape tape;
  const Recording recording(&tape);
  const Variable x = student::leaf(tape, Matrix(1, 1, 0.5));
  const Variable step = student::leaf(tape, Matrix(1, 1, 0.001));
  Variable y = x;
  for (std::size_t i = 0; i < 100000; ++i) y = plus(y, step);
  observe("records", static_cast<double>(tape.records.size()));
  student::backward(tape, y);
  observe_gradient("dx", tape, x);
  observe_gradient("dstep", tape, step);
}

LAB_CASE("1.2", "released on the way", 1) {
  input("three operations that each hold a token; how many tokens are alive when the function of each runs");
  const auto token = std::make_shared<int>(0);
  std::vector<double> alive;
  double left = 0;
  {
    Tape tape;
    const Recording recording(&tape);
    Variable y = student::leaf(tape, Matrix(1, 1, 1.5));
    for (int i = 0; i < 3; ++i) {
      y = student::record("hold", {y.slot}, y.value,
                          [token, &alive, weak = std::weak_ptr<int>(token)](const Matrix& dy) {
                            alive.push_back(static_cast<double>(weak.use_count() - 1));
                            return std::vector<Matrix>{dy};
                          });
    }
    observe("held before", static_cast<double>(token.use_count() - 1));
    student::backward(tape, y);
    observe("records after", static_cast<double>(tape.records.size()));
    left = static_cast<double>(token.use_count() - 1);
  }
  observe("functions run", static_cast<double>(alive.size()));
  // The difference is 2 whether or not the function that runs exists twice, as a copy.
  observe("released between the first and the last", alive.empty() ? harness::nan : alive.front() - alive.back());
  observe("held after", left);
  observe("held when the tape is gone", static_cast<double>(token.use_count() - 1));
}

LAB_CASE("1.2", "a second step on the same tape", 1) {
  input("step 1: loss = total(sin(x) w); step 2 on the same leaves: loss = total(sin x), which does not use w");
  Tape tape;
  const Recording recording(&tape);
  const Matrix weights = random_matrix(1, 3);
  const Variable x = student::leaf(tape, random_matrix(1, 3));
  const Variable w = student::leaf(tape, random_matrix(1, 3));
  student::backward(tape, total(times(sine(x), w), weights));
  observe_gradient("step 1: dw", tape, w);
  observe_gradient("step 1: dx", tape, x);
  student::backward(tape, total(sine(x), weights));
  observe_gradient("step 2: dx", tape, x);
  observe_gradient("step 2: dw", tape, w);
}

LAB_CASE("1.2", "what is refused", 1) {
  input("a loss of 1 x 2, a constant loss, the gradient of a constant; a loss that is a leaf");
  Tape tape;
  const Recording recording(&tape);
  const Variable x = student::leaf(tape, random_matrix(1, 2));
  const Variable y = sine(x);
  const Variable c{Matrix(1, 1, 2.0)};
  throws("a loss of 1 x 2", [&] { student::backward(tape, y); });
  throws("a constant loss", [&] { student::backward(tape, c); });
  const Variable number = student::leaf(tape, Matrix(1, 1, 2.0));
  student::backward(tape, number);
  observe_gradient("d leaf / d leaf", tape, number);
  observe_gradient("dx, on which the loss does not depend", tape, x);
  throws("the gradient of a constant", [&] { student::gradient(tape, c); });
}

LAB_CASE("1.3", "rows, columns, everything", 2) {
  const Matrix dy = random_matrix(3, 5);
  input("dy (3, 5) ~ N(0, 1), summed to (1, 5), (3, 1), (1, 1) and (3, 5)");
  observe_matrix("to (1, 5)", student::sum_to(dy, 1, 5));
  observe_matrix("to (3, 1)", student::sum_to(dy, 3, 1));
  observe_matrix("to (1, 1)", student::sum_to(dy, 1, 1));
  observe_matrix("to (3, 5)", student::sum_to(dy, 3, 5));
}

LAB_CASE("1.4", "add, with broadcasting", 1) {
  input("a (3, 4) + b (1, 4), a + c (3, 1), a + a, random upstream gradient");
  broadcasts(student::add, "a + b", "a + a");
}

LAB_CASE("1.4", "multiply, with broadcasting", 1) {
  input("a (3, 4) times b (1, 4), c (3, 1) times a, a times a, random upstream gradient");
  broadcasts(student::multiply, "a b", "a a");
}

LAB_CASE("1.4", "matmul", 2) {
  input("a (3, 4) and b (4, 2), then two matrices (3, 3), random upstream gradient");
  Tape tape;
  const Recording recording(&tape);
  const Variable a = student::leaf(tape, random_matrix(3, 4));
  const Variable b = student::leaf(tape, random_matrix(4, 2));
  const Variable y = student::matmul(a, b);
  observe_matrix("y", y.value);
  student::backward(tape, total(y, random_matrix(3, 2)));
  observe_gradient("da", tape, a);
  observe_gradient("db", tape, b);
  const Variable p = student::leaf(tape, random_matrix(3, 3));
  const Variable q = student::leaf(tape, random_matrix(3, 3));
  const Variable square = student::matmul(p, q);
  observe_matrix("square", square.value);
  student::backward(tape, total(square, random_matrix(3, 3)));
  observe_gradient("dp", tape, p);
  observe_gradient("dq", tape, q);
}

LAB_CASE("1.4", "relu and sum", 1) {
  input("x (2, 4) with a zero, y = relu x, random upstream gradient; the sum of x times itself");
  Tape tape;
  const Recording recording(&tape);
  Matrix values = random_matrix(2, 4);
  values(0, 1) = 0;
  const Variable x = student::leaf(tape, values);
  const Variable y = student::relu(x);
  observe_matrix("relu x", y.value);
  student::backward(tape, total(y, random_matrix(2, 4)));
  observe_gradient("dx of relu", tape, x);
  const Variable s = student::sum(x);
  observe_matrix("sum x", s.value);
  student::backward(tape, times(s, s));
  observe_gradient("dx of sum", tape, x);
}

LAB_CASE("1.4", "a value changed before the walk", 1) {
  input(
      "y = a b, z = relu(y), loss = total z; then a, b and y are overwritten, as an optimizer does, and the tape "
      "walked");
  Tape tape;
  const Recording recording(&tape);
  Variable a = student::leaf(tape, random_matrix(2, 2));
  Variable b = student::leaf(tape, random_matrix(2, 2));
  Variable product = student::multiply(a, b);
  Variable y = student::matmul(product, b);
  const Variable z = student::relu(y);
  const Variable loss = total(z, random_matrix(2, 2));
  a.value = Matrix(2, 2, 100.0);
  b.value = Matrix(2, 2, 10.0);
  product.value = Matrix(2, 2, -3.0);
  y.value = Matrix(2, 2, -1.0);
  student::backward(tape, loss);
  observe_gradient("dy", tape, y);
  observe_gradient("dproduct", tape, product);
  observe_gradient("da", tape, a);
  observe_gradient("db", tape, b);
}

LAB_CASE("1.4", "y = relu(x w + b)", 1) {
  input("x (5, 3) a constant, w (3, 2), b (1, 2); loss = sum(relu(x w + b) y), 2 layers with the same w2 (2, 2)");
  Tape tape;
  const Recording recording(&tape);
  const Variable x{random_matrix(5, 3)};
  const Variable w = student::leaf(tape, random_matrix(3, 2));
  const Variable b = student::leaf(tape, random_matrix(1, 2));
  const Variable w2 = student::leaf(tape, random_matrix(2, 2));
  const Variable xw = student::matmul(x, w);
  const Variable z = student::add(xw, b);
  const Variable y = student::relu(z);
  const Variable once = student::matmul(y, w2);
  const Variable twice = student::matmul(once, w2);
  const Variable scaled = student::multiply(twice, y);
  const Variable loss = student::sum(scaled);
  observe("records", static_cast<double>(tape.records.size()));
  observe_matrix("loss", loss.value);
  student::backward(tape, loss);
  observe_gradient("d twice", tape, twice);
  observe_gradient("dw2", tape, w2);
  observe_gradient("dy", tape, y);
  observe_gradient("dz", tape, z);
  observe_gradient("db", tape, b);
  observe_gradient("dw", tape, w);
}
