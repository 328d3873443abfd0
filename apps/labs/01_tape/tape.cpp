#include "tape.h"

#include "not_implemented.h"

#include <algorithm>

namespace student {

// Task 1.1
Variable leaf(Tape& tape, Matrix value) {
  // BEGIN SOLUTION
  tape.gradients.emplace_back();
  return {std::move(value), tape.gradients.size() - 1};
  // END SOLUTION
}

// Task 1.1
Variable record(const std::string& name, const std::vector<std::size_t>& inputs, Matrix value, Backward backward) {
  // BEGIN SOLUTION
  Tape* const tape = current_tape;
  if (tape == nullptr) return {std::move(value), constant};
  const bool depends = std::any_of(inputs.begin(), inputs.end(), [](std::size_t slot) { return slot != constant; });
  if (!depends) return {std::move(value), constant};
  Variable result = leaf(*tape, std::move(value));
  tape->records.push_back({name, inputs, result.slot, std::move(backward)});
  return result;
  // END SOLUTION
}

// Task 1.2
void accumulate(Matrix& total, const Matrix& gradient) {
  // BEGIN SOLUTION
  if (total.empty()) {
    total = gradient;
    return;
  }
  for (std::size_t i = 0; i < total.elements.size(); ++i) total.elements[i] += gradient.elements[i];
  // END SOLUTION
}

// Task 1.2
void backward(Tape& tape, const Variable& loss) {
  // BEGIN SOLUTION
  if (loss.slot == constant) throw std::invalid_argument("backward: the loss is a constant");
  if (loss.value.rows != 1 || loss.value.columns != 1) throw std::invalid_argument("backward: the loss is not 1 x 1");
  for (Matrix& earlier : tape.gradients) earlier = Matrix();
  tape.gradients[loss.slot] = Matrix(1, 1, 1.0);
  while (!tape.records.empty()) {
    const Record last = std::move(tape.records.back());
    tape.records.pop_back();
    const Matrix& dy = tape.gradients[last.output];
    if (dy.empty()) continue;
    const std::vector<Matrix> d = last.backward(dy);
    for (std::size_t i = 0; i < last.inputs.size(); ++i) {
      if (last.inputs[i] == constant) continue;
      accumulate(tape.gradients[last.inputs[i]], d[i]);
    }
  }
  // END SOLUTION
}

// Task 1.2
Matrix gradient(const Tape& tape, const Variable& variable) {
  // BEGIN SOLUTION
  if (variable.slot == constant) throw std::invalid_argument("gradient: a constant has none");
  const Matrix& found = tape.gradients[variable.slot];
  return found.empty() ? Matrix(variable.value.rows, variable.value.columns) : found;
  // END SOLUTION
}

// Task 1.3
Matrix sum_to(const Matrix& dy, std::size_t rows, std::size_t columns) {
  // BEGIN SOLUTION
  Matrix result(rows, columns);
  for (std::size_t i = 0; i < dy.rows; ++i) {
    for (std::size_t j = 0; j < dy.columns; ++j) result(rows == 1 ? 0 : i, columns == 1 ? 0 : j) += dy(i, j);
  }
  return result;
  // END SOLUTION
}

// Task 1.4. `elementwise` (tape.h) broadcasts; a function of two numbers is a lambda or std::plus<>().
Variable add(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION
  const auto to_a = [r = a.value.rows, c = a.value.columns](const Matrix& dy) { return sum_to(dy, r, c); };
  const auto to_b = [r = b.value.rows, c = b.value.columns](const Matrix& dy) { return sum_to(dy, r, c); };
  return record("add", {a.slot, b.slot}, elementwise(a.value, b.value, std::plus<>()), [to_a, to_b](const Matrix& dy) {
    return std::vector<Matrix>{to_a(dy), to_b(dy)};
  });
  // END SOLUTION
}

// Task 1.4
Variable multiply(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION
  const std::multiplies<> times;
  return record("multiply", {a.slot, b.slot}, elementwise(a.value, b.value, times),
                [times, x = a.value, y = b.value](const Matrix& dy) {
                  return std::vector<Matrix>{sum_to(elementwise(dy, y, times), x.rows, x.columns),
                                             sum_to(elementwise(dy, x, times), y.rows, y.columns)};
                });
  // END SOLUTION
}

// Task 1.4
Variable matmul(const Variable& a, const Variable& b) {
  // BEGIN SOLUTION
  const std::size_t rows = a.value.rows;
  const std::size_t inner = a.value.columns;
  const std::size_t columns = b.value.columns;
  Matrix y(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      for (std::size_t j = 0; j < columns; ++j) y(i, j) += a.value(i, k) * b.value(k, j);
    }
  }
  return record("matmul", {a.slot, b.slot}, std::move(y),
                [rows, inner, columns, x = a.value, w = b.value](const Matrix& dy) {
                  Matrix dx(rows, inner);
                  Matrix dw(inner, columns);
                  for (std::size_t i = 0; i < rows; ++i) {
                    for (std::size_t k = 0; k < inner; ++k) {
                      for (std::size_t j = 0; j < columns; ++j) dx(i, k) += dy(i, j) * w(k, j);
                      for (std::size_t j = 0; j < columns; ++j) dw(k, j) += x(i, k) * dy(i, j);
                    }
                  }
                  return std::vector<Matrix>{std::move(dx), std::move(dw)};
                });
  // END SOLUTION
}

// Task 1.4
Variable relu(const Variable& x) {
  // BEGIN SOLUTION
  Matrix y = x.value;
  for (double& element : y.elements) element = std::max(element, 0.0);
  return record("relu", {x.slot}, std::move(y), [input = x.value](const Matrix& dy) {
    return std::vector<Matrix>{elementwise(dy, input, [](double g, double v) { return v > 0 ? g : 0.0; })};
  });
  // END SOLUTION
}

// Task 1.4
Variable sum(const Variable& x) {
  // BEGIN SOLUTION
  double total = 0;
  for (const double element : x.value.elements) total += element;
  return record("sum", {x.slot}, Matrix(1, 1, total),
                [rows = x.value.rows, columns = x.value.columns](const Matrix& dy) {
                  return std::vector<Matrix>{Matrix(rows, columns, dy(0, 0))};
                });
  // END SOLUTION
}

}  // namespace student
