#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <thread>

using namespace gradus;

namespace {

void step(const Tensor& x) {
  Parameter weight("weight", Tensor::ones(x.shape()));
  GradientTape tape;
  const Variable product = x * weight;
  const Variable power = exp(product);
  tape.backward(sum(power + exp(weight)));
}

std::string operations(const Profile& profile) {
  std::string names;
  for (const Profile::Row& row : profile.rows()) names += row.operation + " ";
  return names;
}

}  // namespace

TEST_CASE("a profile has a row for every operation, in order of first appearance, forward and backward") {
  Profile profile;
  for (int i = 0; i < 3; ++i) {
    profile.skip();
    step(Tensor::ones({200, 100}));
    profile.end_step();
  }
  CHECK(profile.steps() == 3);
  CHECK(operations(profile) == "multiply exp add sum optimizer ");
  for (const Profile::Row& row : profile.rows()) {
    CHECK(row.forward > 0);
    CHECK((row.backward > 0) == (row.operation != "optimizer"));
  }
}

TEST_CASE("only the newest profile of a thread measures") {
  const Tensor x = Tensor::ones({4});
  CHECK(Profile::current() == nullptr);
  Profile outer;
  {
    const Profile inner;
    CHECK(Profile::current() == &inner);
    step(x);
    CHECK(inner.rows().size() == 4);
    CHECK(outer.rows().empty());
  }
  CHECK(Profile::current() == &outer);
  std::thread([&] { step(x); }).join();  // tapes of another thread are not measured
  CHECK(outer.rows().empty());
  step(x);
  CHECK(outer.rows().size() == 4);
}

TEST_CASE("the table of a profile: every row, the total, shares of 100 %, in 80 columns") {
  Profile profile;
  step(Tensor::ones({1000}));
  profile.lap("an operation with a name that is far too long for its column");
  profile.end_step();
  std::istringstream lines(to_string(profile));
  std::string line, last;
  double shares = 0;
  int rows = 0;
  while (std::getline(lines, line)) {
    CHECK(line.size() <= 80);
    if (rows > 0 && line.find("total") != 0) shares += std::stod(line.substr(line.size() - 8));
    ++rows;
    last = line;
  }
  CHECK(rows == 8);  // with the heading and the total
  CHECK(last.starts_with("total "));
  CHECK(last.ends_with("100.0 %"));
  CHECK(std::abs(shares - 100) < 0.4);  // each of six is rounded to 0.1
}

TEST_CASE("the table of a profile without operations") {
  const Profile profile;
  CHECK_EQ(to_string(profile),
           "operation, microseconds per step       forward      backward     share\n"
           "total                                     0.00          0.00     0.0 %\n");
}
