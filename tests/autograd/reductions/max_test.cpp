#include <gradus/autograd/reductions/reductions.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

TEST_CASE("a maximum is NaN where a value is") {
  for (const Index at : {0, 7, 20, 39}) {
    CAPTURE(at);
    Tensor x = Tensor::zeros({40, 3});
    x(at, 1) = std::numeric_limits<Real>::quiet_NaN();
    CHECK(std::isnan(max(x).value().item()));
    const Tensor by_column = max(x, {0}).value();
    CHECK(by_column(0) == 0);
    CHECK(std::isnan(by_column(1)));
    CHECK(std::isnan(max(x, {1}).value()(at)));
  }
}
