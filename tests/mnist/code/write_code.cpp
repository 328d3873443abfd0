// Writes the code that `mnist --fix` prints for each model as a function of a header.
#include "mnist/code.h"
#include "mnist/code/models.h"

#include <fmt/format.h>

int main() {
  std::string list;
  int count = 0;
  for (const gradus::Sequential& model : models_with_options()) {
    fmt::print("inline gradus::Sequential model_{}() {{\n  using namespace gradus;\n  {}  return model;\n}}\n\n", count,
               code_of(model));
    list += fmt::format("model_{}, ", count++);
  }
  fmt::print("inline gradus::Sequential (*const models_of_code[])() = {{{}}};\n", list);
}
