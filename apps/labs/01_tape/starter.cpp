#include "tape.h"

#include "not_implemented.h"

#include <algorithm>

namespace student {

// Task 1.1
Variable leaf(Tape& tape, Matrix value) { throw NotImplemented("lab 1, task 1.1: leaf"); }

// Task 1.1
Variable record(const std::string& name, const std::vector<std::size_t>& inputs, Matrix value, Backward backward) {
  throw NotImplemented("lab 1, task 1.1: record");
}

// Task 1.2
void accumulate(Matrix& total, const Matrix& gradient) { throw NotImplemented("lab 1, task 1.2: accumulate"); }

// Task 1.2
void backward(Tape& tape, const Variable& loss) { throw NotImplemented("lab 1, task 1.2: backward"); }

// Task 1.2
Matrix gradient(const Tape& tape, const Variable& variable) { throw NotImplemented("lab 1, task 1.2: gradient"); }

// Task 1.3
Matrix sum_to(const Matrix& dy, std::size_t rows, std::size_t columns) {
  throw NotImplemented("lab 1, task 1.3: sum_to");
}

// Task 1.4. `elementwise` (tape.h) broadcasts; a function of two numbers is a lambda or std::plus<>().
Variable add(const Variable& a, const Variable& b) { throw NotImplemented("lab 1, task 1.4: add"); }

// Task 1.4
Variable multiply(const Variable& a, const Variable& b) { throw NotImplemented("lab 1, task 1.4: multiply"); }

// Task 1.4
Variable matmul(const Variable& a, const Variable& b) { throw NotImplemented("lab 1, task 1.4: matmul"); }

// Task 1.4
Variable relu(const Variable& x) { throw NotImplemented("lab 1, task 1.4: relu"); }

// Task 1.4
Variable sum(const Variable& x) { throw NotImplemented("lab 1, task 1.4: sum"); }

}  // namespace student
