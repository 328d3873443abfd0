#include "case.h"
#include "dropout.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace harness;

namespace {

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The first numbers of a stream, which say more about a key than its 64 bits as a double.
std::vector<double> first_numbers(std::uint64_t key, std::size_t count) {
  std::vector<double> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = student::uniform(key, i);
  return numbers;
}

std::vector<double> forward(std::span<const double> x, double rate, std::uint64_t key, bool training) {
  std::vector<double> y(x.size(), harness::nan);
  student::dropout_forward(x, rate, key, training, y);
  return y;
}

std::vector<double> backward(std::span<const double> dy, double rate, std::uint64_t key, bool training) {
  std::vector<double> dx(dy.size(), harness::nan);
  student::dropout_backward(dy, rate, key, training, dx);
  return dx;
}

}  // namespace

LAB_CASE("6.1", "key of layer and step", 1) {
  const std::uint64_t seed = integers(1, 1000)[0];
  input("seed {}, layer 0 and 2, step 0 and 5; the first numbers of each stream", seed);
  observe("layer 0, step 0", first_numbers(student::dropout_key(seed, 0, 0), 4));
  observe("layer 2, step 0", first_numbers(student::dropout_key(seed, 2, 0), 4));
  observe("layer 0, step 5", first_numbers(student::dropout_key(seed, 0, 5), 4));
  observe("layer 2, step 5", first_numbers(student::dropout_key(seed, 2, 5), 4));
}

LAB_CASE("6.1", "no key twice", 1) {
  input("seeds 0 to 4, layers 0 to 4, steps 0 to 7");
  std::set<std::uint64_t> keys;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (std::uint64_t layer = 0; layer < 5; ++layer) {
      for (std::uint64_t step = 0; step < 8; ++step) keys.insert(student::dropout_key(seed, layer, step));
    }
  }
  observe("different keys", static_cast<double>(keys.size()));
  require(keys.size() == 200, "{} of 200 keys are different: some layers or steps share a mask", keys.size());
}

LAB_CASE("6.2", "mask of a stream", 2) {
  const std::uint64_t key = integers(1, 1000)[0];
  input("31 elements, rate 0.3, key {}", key);
  std::vector<double> mask(31, nan);
  student::dropout_mask(0.3, key, 0, mask);
  observe("mask", mask, {31});
}

LAB_CASE("6.2", "mask in parts", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  input("100 elements in parts of 17, the last part first, as threads may come to them; rate 0.4, key {}", key);
  std::vector<double> parts(100, nan);
  std::vector<double> whole(100, nan);
  student::dropout_mask(0.4, key, 0, whole);
  for (std::size_t first = 102; first >= 17;) {
    first -= 17;
    student::dropout_mask(0.4, key, first, std::span(parts).subspan(first, std::min<std::size_t>(17, 100 - first)));
  }
  observe("mask in one call", whole, {100});
  observe("mask in parts", parts, {100});
  require(parts == whole, "the mask depends on how it is cut into parts, or on the order of the calls");
}

LAB_CASE("6.2", "equality", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  input("9 elements, key {}, a rate that equals number 4 of the stream; then rate 0", key);
  std::vector<double> mask(9, nan);
  student::dropout_mask(student::uniform(key, 4), key, 0, mask);
  observe("mask", mask, {9});
  student::dropout_mask(0, key, 0, mask);
  observe("mask of rate 0", mask, {9});
}

LAB_CASE("6.2", "rates that are refused", 1) {
  input("rate 1, 1.5, -0.1 and NaN; then 0 and 0.999");
  std::vector<double> mask(3);
  for (const double rate : {1.0, 1.5, -0.1, nan}) {
    throws(rate == rate ? "rate " + std::to_string(rate).substr(0, 4) : "rate NaN",
           [&] { student::dropout_mask(rate, 1, 0, mask); });
  }
  throws("rate 0", [&] { student::dropout_mask(0, 1, 0, mask); });
  throws("rate 0.999", [&] { student::dropout_mask(0.999, 1, 0, mask); });
}

LAB_CASE("6.3", "training", 2) {
  const std::uint64_t key = integers(1, 1000)[0];
  const auto x = normal(23, 2, 1);
  input("23 elements, x ~ 2 + N(0,1), rate 0.3, key {}", key);
  observe("y", forward(x, 0.3, key, true), {23});
}

LAB_CASE("6.3", "the mean of y is x", 1) {
  constexpr std::size_t count = 20000;
  constexpr double rate = 0.8;
  const std::uint64_t key = integers(1, 1000)[0];
  input("20,000 elements x = 3, rate 0.8, key {}", key);
  const auto y = forward(std::vector<double>(count, 3.0), rate, key, true);
  const double mean = mean_of(y);
  const double sigma = 3 * std::sqrt(rate / (1 - rate) / count);
  observe("mean of y", mean);
  observe("largest y", *std::max_element(y.begin(), y.end()));
  require(std::abs(mean - 3) < 4 * sigma, "the mean of y is {:.4f}, not within 4 sigma = {:.4f} of x = 3", mean,
          4 * sigma);
}

LAB_CASE("6.3", "rate 0", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  const auto x = normal(11);
  input("11 elements, x ~ N(0,1), rate 0, training, key {}", key);
  observe("y", forward(x, 0, key, true), {11});
}

LAB_CASE("6.3", "inference", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  const auto x = normal(11);
  input("11 elements, x ~ N(0,1), rate 0.75, inference, key {}", key);
  const auto y = forward(x, 0.75, key, false);
  observe("y", y, {11});
  require(y == x, "in inference y is not x to the bit");
}

LAB_CASE("6.4", "training", 2) {
  const std::uint64_t key = integers(1, 1000)[0];
  const auto dy = normal(23);
  input("23 elements, random upstream gradient, rate 0.3, key {}", key);
  observe("dx", backward(dy, 0.3, key, true), {23});
}

LAB_CASE("6.4", "the mask of the forward pass", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  const std::vector<double> ones(40, 1.0);
  input("40 elements, x = 1, dy = 1, rate 0.4, key {}: dx is y", key);
  const auto y = forward(ones, 0.4, key, true);
  const auto dx = backward(ones, 0.4, key, true);
  observe("y", y, {40});
  observe("dx", dx, {40}).depends_on("y");
  std::size_t different = 0;
  for (std::size_t i = 0; i < y.size(); ++i) different += (y[i] == 0) != (dx[i] == 0) ? 1 : 0;
  require(different == 0, "the mask of the backward pass differs from that of the forward pass in {} of 40 elements",
          different);
}

LAB_CASE("6.4", "inference", 1) {
  const std::uint64_t key = integers(1, 1000)[0];
  const auto dy = normal(11);
  input("11 elements, random upstream gradient, rate 0.75, inference, key {}", key);
  observe("dx", backward(dy, 0.75, key, false), {11});
}
