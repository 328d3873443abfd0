#include <gradus/core/about/about.h>
#include <gradus/core/about/version.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("the description of OpenBLAS says OpenMP flavour") {
  const std::string text = blas_description();
  CHECK(text.starts_with("OpenBLAS "));
  CHECK(text.find("(OpenMP flavour)") != std::string::npos);
}

TEST_CASE("about starts with the version") {
  CHECK(about().starts_with(std::string("gradus ") + version() + ", Real = float, compiled for "));
}
