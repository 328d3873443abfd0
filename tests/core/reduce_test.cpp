#include "support/compare.h"

#include <gradus/autograd/reductions/axes.h>
#include <gradus/autograd/reductions/max_kernel.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/parallel.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace gradus;

namespace {

std::vector<AxisFlags> all_subsets(int rank) {
  std::vector<AxisFlags> result;
  for (unsigned set = 0; set < 1u << rank; ++set) {
    AxisFlags flags{};
    for (unsigned axis = 0; axis < static_cast<unsigned>(rank); ++axis) flags[axis] = (set >> axis & 1) != 0;
    result.push_back(flags);
  }
  return result;
}

/// Element by element, in long double.
template <class Join>
Values naive_reduce(const Tensor& x, const AxisFlags& axes, long double start, Join join) {
  const Shape kept = reduced_shape(x.shape(), axes, KeepDims::yes);
  std::vector<long double> results(static_cast<std::size_t>(kept.size()), start);
  for (Index i = 0; i < x.size(); ++i) {
    Index rest = i, target = 0, stride = 1;
    for (int axis = x.shape().rank() - 1; axis >= 0; --axis) {
      const Index position = rest % x.shape()[axis];
      rest /= x.shape()[axis];
      if (axes[static_cast<std::size_t>(axis)]) continue;
      target += position * stride;
      stride *= x.shape()[axis];
    }
    long double& result = results[static_cast<std::size_t>(target)];
    result = join(result, static_cast<long double>(x.data()[i]));
  }
  return {kept, {results.begin(), results.end()}};
}

const auto add = [](long double a, long double b) { return a + b; };
const auto larger_of = [](long double a, long double b) { return std::max(a, b); };

constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
constexpr Real infinity = std::numeric_limits<Real>::infinity();

}  // namespace

TEST_CASE("sums and maxima over any axes agree with the naive loop") {
  Generator random(1);
  const double unit = std::numeric_limits<Real>::epsilon();
  for (const Shape& shape :
       {Shape{}, Shape{1}, Shape{7}, Shape{2500}, Shape{4, 3}, Shape{1, 5}, Shape{70, 200}, Shape{3, 4, 5},
        Shape{2, 1, 130, 3}, Shape{65, 3, 65}, Shape{2, 3, 2, 3, 2, 3}, Shape{0, 3}, Shape{3, 0}}) {
    const Tensor x = Tensor::normal(shape, 0, 1, random);
    for (const AxisFlags& axes : all_subsets(shape.rank())) {
      INFO("shape ", to_string(shape));
      CHECK_EQ(difference(reduce_sum(x, axes), naive_reduce(x, axes, 0, add), {4 * unit, 100 * unit}), "");
      CHECK_EQ(difference(reduce_max(x, axes),
                          naive_reduce(x, axes, -std::numeric_limits<long double>::infinity(), larger_of), {0, 0}),
               "");
    }
  }
}

TEST_CASE("long sums keep their accuracy") {
  Generator random(2);
  const Tensor x = Tensor::uniform({10'000'000}, 0, 1, random);
  long double exact = 0;
  for (const Real v : x.values()) exact += static_cast<long double>(v);
  const auto relative_error = [&](Real sum) { return std::abs(static_cast<double>(sum / exact - 1)); };
  // A plain loop in float is off by 1e-3 or more: above 2^23 it adds only integers.
  CHECK(relative_error(sum_of(x.data(), x.size())) < 3e-6);
  CHECK(relative_error(reduce_sum(x, {true}).item()) < 3e-6);
  const Tensor columns = reduce_sum(x.reshape({2'500'000, 4}), {true});
  CHECK(relative_error(sum_of(columns.data(), 4)) < 1e-5);
}

TEST_CASE("an unaligned view has the same sum") {
  Generator random(3);
  const Tensor x = Tensor::normal({3001}, 0, 1, random);
  const Tensor view = x.window(1, {3000});
  CHECK(sum_of(view.data(), 3000) == sum_of(view.clone().data(), 3000));
}

TEST_CASE("the order of additions does not depend on the number of threads") {
  Generator random(4);
  const int before = threads();
  const Tensor x = Tensor::normal({1023, 1025}, 0, 1000, random);
  for (const Tensor& view : {x, x.reshape({1023 * 1025}), x.reshape({33, 31, 1025}), x.reshape({1023, 25, 41})}) {
    for (const AxisFlags& axes : all_subsets(view.shape().rank())) {
      set_threads(1);
      const Tensor sum = reduce_sum(view, axes), max = reduce_max(view, axes);
      for (const int team : {2, 4}) {
        set_threads(team);
        CHECK(same_bits(reduce_sum(view, axes), sum));
        CHECK(same_bits(reduce_max(view, axes), max));
      }
    }
  }
  set_threads(before);
}

TEST_CASE("maxima of NaN and infinities") {
  const auto max = [](const Tensor& x) { return reduce_max(x, {true, true}).item(); };
  CHECK(max(Tensor::from({-infinity, -infinity})) == -infinity);
  CHECK(max(Tensor::from({1, infinity})) == infinity);
  for (const Index n : {1, 2, 17, 100, 3000}) {
    for (const Index at : {Index{0}, n / 2, n - 1}) {
      Tensor x = Tensor::ones({n});
      x.data()[at] = not_a_number;
      CHECK(std::isnan(max(x)));
      CHECK(std::isnan(max(x.reshape({n, 1}))));
      CHECK(std::isnan(reduce_sum(x, {true}).item()));
    }
  }
}

TEST_CASE("a reduction over no axes is a copy") {
  const Tensor x = Tensor::from({{1, 2}, {3, 4}});
  const Tensor y = reduce_sum(x, {});
  CHECK(same_bits(x, y));
  CHECK(x.data() != y.data());
}

TEST_CASE("sum_to is the gradient of broadcasting") {
  Generator random(5);
  const Tensor x = Tensor::normal({2, 3, 4}, 0, 1, random);
  for (const Shape& shape :
       {Shape{2, 3, 4}, Shape{3, 4}, Shape{4}, Shape{}, Shape{1}, Shape{3, 1}, Shape{2, 1, 4}, Shape{1, 3, 1}}) {
    Tensor expected = Tensor::zeros(shape);
    // Adds each element of x to the element of `expected` that is broadcast to it.
    for (Index i = 0; i < x.size(); ++i) {
      Tensor one = Tensor::zeros(x.shape());
      one.data()[i] = x.data()[i];
      for (Index j = 0; j < expected.size(); ++j) {
        Tensor unit = Tensor::zeros(shape);
        unit.data()[j] = 1;
        expected.data()[j] += sum_of(zip("test", one, unit, [](Real a, Real b) { return a * b; }).data(), x.size());
      }
    }
    CHECK_EQ(difference(sum_to(x, shape), expected, {1e-6, 1e-6}), "");
  }
}
