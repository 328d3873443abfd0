#include "support/compare.h"

#include <gradus/core/check.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("check throws the type asked for, with the formatted text") {
  check(true, "not formatted: {}", 1);
  CHECK_EQ(error_text<ValueError>([] { check(false, "[dense] expected input (N, {}), got {}", 3, "(4, 5)"); }),
           "[dense] expected input (N, 3), got (4, 5)");
  CHECK_EQ(error_text<ShapeError>([] { check<ShapeError>(1 > 2, "text"); }), "text");
  CHECK_EQ(error_text<StateError>([] { check<StateError>(false, "{}{}", 1, 2); }), "12");
  CHECK_EQ(error_text<FileError>([] { check<FileError>(false, "path: cannot be read"); }), "path: cannot be read");
}

TEST_CASE("every error is an Error and a runtime_error") {
  CHECK_THROWS_AS(check<ShapeError>(false, "text"), Error);
  CHECK_THROWS_AS(check<ValueError>(false, "text"), Error);
  CHECK_THROWS_AS(check<StateError>(false, "text"), Error);
  CHECK_THROWS_AS(check<FileError>(false, "text"), Error);
  CHECK_THROWS_AS(check<Error>(false, "text"), std::runtime_error);
}

TEST_CASE("unknown_name suggests the nearest name") {
  constexpr std::string_view known[] = {"relu", "leaky_relu", "tanh", "sigmoid"};
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

TEST_CASE("unknown_name shortens what nobody can have meant") {
  const std::string text = unknown_name("layer", std::string(1 << 20, 'x'), {});
  CHECK(text.size() < 200);
}
