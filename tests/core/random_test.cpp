#include "support/compare.h"

#include <gradus/core/philox.h>
#include <gradus/core/random.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

using Words = std::array<std::uint32_t, 4>;

/// Mean, variance, skewness and kurtosis of n draws.
template <class Draw>
std::array<double, 4> moments(int n, Draw draw) {
  std::vector<double> x(static_cast<std::size_t>(n));
  for (double& value : x) value = draw();
  std::array<double, 4> sums{};
  for (const double value : x) sums[0] += value / n;
  for (const double value : x) {
    const double d = value - sums[0];
    sums[1] += d * d / n;
    sums[2] += d * d * d / n;
    sums[3] += d * d * d * d / n;
  }
  return {sums[0], sums[1], sums[2] / std::pow(sums[1], 1.5), sums[3] / (sums[1] * sums[1])};
}

}  // namespace

TEST_CASE("Philox 4x32-10: known answers of Random123") {
  // From its file kat_vectors; the upper half of the counter is the stream.
  CHECK(philox({0, 0}, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  CHECK(philox({ones, ones}, ones) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x299f31d0a4093822, 0x0370734413198a2e}, 0x85a308d3243f6a88) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("many counters at once give the same words") {
  constexpr RandomKey key{123, 456};
  constexpr std::uint64_t first = 0xfffffffa;  // carries into the upper word of the counter
  const PhiloxLanes<16> lanes(key, first);
  for (std::uint64_t l = 0; l < 16; ++l) {
    const Words words = philox(key, first + l);
    for (std::size_t w = 0; w < 4; ++w) CHECK(lanes(static_cast<int>(w), static_cast<int>(l)) == words[w]);
  }
}

TEST_CASE("a generator gives the words of its key in order") {
  Generator random(5, 6);
  for (std::uint64_t counter = 0; counter < 3; ++counter) {
    for (const std::uint32_t word : philox({5, 6}, counter)) CHECK(random.next() == word);
  }
}

TEST_CASE("the first numbers of seed 0, on every machine") {
  Generator random;
  CHECK(random.next() == 0x6627e8d5);
  // 53 bits of the words e169c58d and bc57ac4c.
  CHECK(random.uniform() == (double{0xe169c58d >> 5} * 0x1p26 + double{0xbc57ac4c >> 6}) * 0x1p-53);
}

TEST_CASE("seeds and streams") {
  const auto first = [](Generator random) { return random.next(); };
  CHECK(first(Generator(1)) == first(Generator(1)));
  CHECK(first(Generator(1)) != first(Generator(2)));
  CHECK(first(Generator(1, 0)) != first(Generator(1, 1)));
  set_seed(7);
  const std::uint32_t drawn = default_generator().next();
  CHECK(drawn == first(Generator(7)));
  CHECK(default_generator().next() != drawn);
  set_seed(7);
  CHECK(default_generator().next() == drawn);
}

TEST_CASE("threads draw from streams of their own, the same in every run") {
  const auto numbers_of_threads = [](std::size_t count) {
    std::vector<std::uint32_t> numbers;
    for (std::size_t i = 0; i < count; ++i) {
      std::thread([&] { numbers.push_back(default_generator().next()); }).join();
    }
    return numbers;
  };
  set_seed(7);
  const std::uint32_t own = default_generator().next();
  const std::vector<std::uint32_t> first = numbers_of_threads(4);
  CHECK(own == Generator(7).next());
  for (std::size_t i = 0; i < first.size(); ++i)
    CHECK(first[i] == Generator(7, (std::uint64_t{1} << 61) + i + 1).next());
  const std::vector<std::uint32_t> others = numbers_of_threads(2);
  CHECK(std::ranges::find(first, others[0]) == first.end());
  set_seed(7);
  CHECK(numbers_of_threads(4) == first);
  set_seed(8);
  CHECK(numbers_of_threads(4) != first);
  std::thread([&] {
    set_seed(7);
    CHECK(default_generator().next() == own);  // a seed of the thread's own
  }).join();
  set_seed(7);
}

TEST_CASE("splits differ from each other and from the numbers of the generator") {
  Generator a(3), b(3), other_stream(3, 1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 100; ++i) {
    const RandomKey key = a.split();
    CHECK(key.stream == b.split().stream);  // the same for the same seed
    seen.insert(philox(key, 0)[0]);
    seen.insert(philox(other_stream.split(), 0)[0]);
    seen.insert(b.next());
  }
  CHECK(seen.size() == 300);
  CHECK(a.next() == Generator(3).next());  // splitting does not consume numbers
}

TEST_CASE("moments of the uniform distribution") {
  Generator random(1);
  double min = 1, max = 0;
  const auto [mean, variance, skewness, kurtosis] = moments(1'000'000, [&] {
    const double u = random.uniform();
    min = std::min(min, u);
    max = std::max(max, u);
    return u;
  });
  // Four standard errors of each.
  CHECK(std::abs(mean - 0.5) < 0.0012);
  CHECK(std::abs(variance - 1.0 / 12) < 0.0003);
  CHECK(std::abs(skewness) < 0.006);
  CHECK(std::abs(kurtosis - 1.8) < 0.006);
  CHECK(min >= 0);
  CHECK(min < 1e-5);
  CHECK(max < 1);
  CHECK(max > 1 - 1e-5);
}

TEST_CASE("moments of the normal distributions") {
  Generator random(2);
  const auto [mean, variance, skewness, kurtosis] = moments(1'000'000, [&] { return random.normal(); });
  CHECK(std::abs(mean) < 0.004);
  CHECK(std::abs(variance - 1) < 0.006);
  CHECK(std::abs(skewness) < 0.01);
  CHECK(std::abs(kurtosis - 3) < 0.02);
  double max = 0;
  const auto truncated = moments(1'000'000, [&] {
    const double x = random.truncated_normal();
    max = std::max(max, std::abs(x));
    return x;
  });
  CHECK(std::abs(truncated[0]) < 0.004);
  CHECK(std::abs(std::sqrt(truncated[1]) - 0.87962566103423978) < 0.002);
  CHECK(max <= 2);
  CHECK(max > 1.999);
}

TEST_CASE("successive normal numbers are not correlated") {
  Generator random(3);
  double products = 0;
  double before = random.normal();
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = random.normal();
    products += x * before / 1e6;
    before = x;
  }
  CHECK(std::abs(products) < 0.004);
}

TEST_CASE("below gives every value equally often") {
  Generator random(4);
  for (const Index n : {1, 2, 3, 7, 10}) {
    std::vector<int> counts(static_cast<std::size_t>(n));
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(random.below(n))];
    const double expected = 100'000.0 / static_cast<double>(n);
    for (const int count : counts) CHECK(std::abs(count - expected) <= 4.5 * std::sqrt(expected));
  }
}

TEST_CASE("below is unbiased where multiplication alone is not") {
  // For n = 3/4 2^32, next() * n >> 32 without rejection gives every third value twice as often.
  constexpr Index n = Index{3} << 30;
  Generator random(5);
  int thirds[3] = {};
  for (int i = 0; i < 300'000; ++i) ++thirds[random.below(n) % 3];
  for (const int count : thirds) CHECK(std::abs(count - 100'000) < 1200);
}

TEST_CASE("bounds of below") {
  Generator random(6);
  CHECK(random.below(1) == 0);
  const Index large = random.below(Index{1} << 32);
  CHECK((large >= 0 && large < Index{1} << 32));
  CHECK_EQ(error_text<ValueError>([&] { random.below(0); }), "[below] expected a bound from 1 to 2^32, got 0");
  CHECK_EQ(error_text<ValueError>([&] { random.below(-1); }), "[below] expected a bound from 1 to 2^32, got -1");
  CHECK_EQ(error_text<ValueError>([&] { random.below((Index{1} << 32) + 1); }),
           "[below] expected a bound from 1 to 2^32, got 4294967297");
}
