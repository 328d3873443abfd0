#include "support/compare.h"

#include <gradus/core/check.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("check throws the given type with the formatted message") {
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
