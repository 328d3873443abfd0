#include <gradus/core/names.h>

#include "support/compare.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("unknown_name suggests the nearest name") {
  const std::vector<std::string> known{"relu", "leaky_relu", "tanh", "sigmoid"};
  const auto text = [&](std::string_view name) { return unknown_name("activation", name, known); };
  const std::string list = " (known: relu, leaky_relu, tanh, sigmoid)";
  CHECK_EQ(text("rellu"), "unknown activation 'rellu', did you mean 'relu'?" + list);
  CHECK_EQ(text("Tanh"), "unknown activation 'Tanh', did you mean 'tanh'?" + list);
  CHECK_EQ(text("leakyrelu"), "unknown activation 'leakyrelu', did you mean 'leaky_relu'?" + list);
  CHECK_EQ(text("sigmiod"), "unknown activation 'sigmiod', did you mean 'sigmoid'?" + list);
  CHECK_EQ(text("something_else"), "unknown activation 'something_else'" + list);
  CHECK_EQ(text(""), "unknown activation ''" + list);
  CHECK_EQ(unknown_name("layer", "x", {}), "unknown layer 'x' (known: )");
}

TEST_CASE("unknown_name truncates very long names") {
  const std::string text = unknown_name("layer", std::string(1 << 20, 'x'), {});
  CHECK(text.size() < 200);
}
