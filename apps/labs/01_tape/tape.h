#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace student {

/// R x C doubles in row-major order. A row vector is 1 x C, a number 1 x 1; 0 x 0 stands for "no matrix".
struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> elements;

  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count, double value = 0)
      : rows(row_count), columns(column_count), elements(row_count * column_count, value) {}
  Matrix(std::size_t row_count, std::size_t column_count, std::vector<double> values)
      : rows(row_count), columns(column_count), elements(std::move(values)) {
    if (elements.size() != rows * columns) throw std::invalid_argument("Matrix: elements do not fill the shape");
  }

  bool empty() const { return elements.empty(); }
  double& operator()(std::size_t i, std::size_t j) { return elements[i * columns + j]; }
  double operator()(std::size_t i, std::size_t j) const { return elements[i * columns + j]; }
};

/// f(a, b) element by element. Where an operand has one row or one column, this is repeated (broadcast).
template <class Function>
Matrix elementwise(const Matrix& a, const Matrix& b, Function f) {
  if ((a.rows != b.rows && a.rows != 1 && b.rows != 1) ||
      (a.columns != b.columns && a.columns != 1 && b.columns != 1) || a.empty() || b.empty()) {
    throw std::invalid_argument("elementwise: shapes do not broadcast");
  }
  Matrix result(a.rows == 1 ? b.rows : a.rows, a.columns == 1 ? b.columns : a.columns);
  for (std::size_t i = 0; i < result.rows; ++i) {
    for (std::size_t j = 0; j < result.columns; ++j) {
      result(i, j) = f(a(a.rows == 1 ? 0 : i, a.columns == 1 ? 0 : j), b(b.rows == 1 ? 0 : i, b.columns == 1 ? 0 : j));
    }
  }
  return result;
}

/// The slot of a constant: a value that no tape knows. It gets no gradient.
inline constexpr std::size_t constant = static_cast<std::size_t>(-1);

/// A value, and the number of the place for its gradient on the tape.
struct Variable {
  Matrix value;
  std::size_t slot = constant;
};

/// Turns the gradient of an operation's result into those of its inputs, in the order of the inputs and each of its
/// input's shape. The entry of a constant is not used and may be empty.
using Backward = std::function<std::vector<Matrix>(const Matrix& dy)>;

/// One operation that was executed.
struct Record {
  std::string name;
  std::vector<std::size_t> inputs;  ///< slots; `constant` for an input that is a constant
  std::size_t output = constant;    ///< slot of the result
  Backward backward;
};

/// Operations in order of execution, and one gradient a slot: d loss / d variable, 0 x 0 where there is none.
struct Tape {
  std::vector<Matrix> gradients;
  std::vector<Record> records;
};

/// The tape that records now, or null.
inline thread_local Tape* current_tape = nullptr;

/// While alive, `tape` records; with a null pointer, nothing does. Scopes nest.
class Recording {
 public:
  explicit Recording(Tape* tape) : previous_(std::exchange(current_tape, tape)) {}
  ~Recording() { current_tape = previous_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  Tape* previous_;
};

// Task 1.1

/// A variable that no operation made: takes the next slot of the tape, with no gradient yet.
Variable leaf(Tape& tape, Matrix value);

/// Ends every operation: puts it on the current tape and returns its result with a new slot. If no tape records, or if
/// all inputs are constants, nothing is recorded, and the result is a constant.
Variable record(const std::string& name, const std::vector<std::size_t>& inputs, Matrix value, Backward backward);

// Task 1.2

/// total += gradient, element by element; a total of 0 x 0 takes the gradient as it is.
void accumulate(Matrix& total, const Matrix& gradient);

/// Writes the gradient of the loss with respect to every variable of the tape, in place of those of an earlier walk:
///     d loss / d loss = 1, then for each record, last to first:  d input_i += backward(d output)_i
/// A record that the loss does not depend on is passed over. Each record is taken off the tape, and its function
/// destroyed, before the next one runs; none is left at the end. No recursion.
/// Throws std::invalid_argument for a loss that is a constant or not 1 x 1.
void backward(Tape& tape, const Variable& loss);

/// d loss / d variable after `backward`, of the variable's shape; zeros if the loss does not depend on it.
/// Throws std::invalid_argument for a constant.
Matrix gradient(const Tape& tape, const Variable& variable);

// Task 1.3

/// Sums over the axes that broadcasting repeated: dy (R, C) to (rows, columns), where rows is R or 1, columns C or 1.
Matrix sum_to(const Matrix& dy, std::size_t rows, std::size_t columns);

// Task 1.4. Values are computed at once; each operation ends in `record`.

/// y = a + b with broadcasting:  da = sum_to(dy, shape of a), db = sum_to(dy, shape of b).
Variable add(const Variable& a, const Variable& b);
/// y = a * b element by element, with broadcasting:  da = sum_to(dy * b), db = sum_to(dy * a).
Variable multiply(const Variable& a, const Variable& b);
/// y[i, j] = sum_k a[i, k] b[k, j]:  da = dy b^T, db = a^T dy.
Variable matmul(const Variable& a, const Variable& b);
/// y = max(x, 0):  dx = dy where x > 0, else 0.
Variable relu(const Variable& x);
/// y = the sum of all elements, 1 x 1:  dx = dy everywhere.
Variable sum(const Variable& x);

}  // namespace student
