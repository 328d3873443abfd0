#pragma once

// What the cases of a lab are written with. A case makes inputs from a seed, calls the student's functions and reports
// observations. It holds no expected numbers: the grader runs it with the solution, with the student's file and with
// the known mistakes, and compares what they report.

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harness {

/// What outputs are filled with before the call, so that an element that is not written is seen.
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// --- inputs, from the seed of the case ----------------------------------------------------------------------------

std::vector<double> normal(std::size_t count, double mean = 0, double deviation = 1);
std::vector<double> uniform(std::size_t count, double low = 0, double high = 1);

/// Whole numbers from 0 to limit - 1.
std::vector<std::size_t> integers(std::size_t count, std::size_t limit);

/// The seed of this run, for generators of the case's own.
std::uint64_t seed();

/// The line "input" of the grader, to which it adds the seed.
void input_text(std::string text);

template <class... Args>
void input(fmt::format_string<Args...> text, Args&&... args) {
  input_text(fmt::format(text, std::forward<Args>(args)...));
}

// --- observations -------------------------------------------------------------------------------------------------

/// An observation is reported at the end of the statement that makes it.
class Observation {
 public:
  Observation(std::string name, std::span<const double> values, std::vector<std::size_t> shape);
  Observation(std::string name, std::string text);
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;
  ~Observation();

  /// Names observations that this one is computed from: if one of them is wrong, this one is not judged.
  template <class... Names>
  Observation& depends_on(const Names&... names) {
    (depends_on_.emplace_back(names), ...);
    return *this;
  }

  /// |got - expected| <= absolute + relative |expected|
  Observation& tolerance(double absolute, double relative) {
    absolute_ = absolute;
    relative_ = relative;
    return *this;
  }

 private:
  std::string name_;
  std::string text_;
  bool is_text_ = false;
  std::vector<double> values_;
  std::vector<std::size_t> shape_;
  std::vector<std::string> depends_on_;
  double absolute_ = 1e-9;
  double relative_ = 1e-7;
};

Observation observe(std::string name, std::span<const double> values, std::vector<std::size_t> shape = {});
Observation observe(std::string name, std::span<const std::size_t> values, std::vector<std::size_t> shape = {});
Observation observe(std::string name, double value);
template <std::integral T>
Observation observe(std::string name, T value) {
  return observe(std::move(name), static_cast<double>(value));
}

/// A text that is compared as it stands.
Observation observe_text(std::string name, std::string text);

/// Observes whether the call throws. NotImplemented is passed on.
void throws(std::string name, const std::function<void()>& call);

/// A property that must hold whatever the numbers. The text says what is wrong if it does not.
void require_text(bool condition, std::string text);

template <class... Args>
void require(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  require_text(condition, condition ? std::string() : fmt::format(text, std::forward<Args>(args)...));
}

/// Requires that an input, or a state, was not changed.
void unchanged(std::string_view name, std::span<const double> before, std::span<const double> after);

/// Reports how often a function was called, which the grader shows.
void calls(std::string_view function, std::size_t count);

double sum(std::span<const double> values);

// --- the list of cases --------------------------------------------------------------------------------------------

struct Registration {
  Registration(const char* task, const char* name, int points, void (*run)());
};

}  // namespace harness

/// LAB_CASE("8.3", "large mean", 2) { ... }: a case of task 8.3 for 2 points. The points of the cases of a task add up
/// to those of the task. The body stands in namespace harness.
// clang-format off
#define LAB_CASE(task, name, points) HARNESS_CASE_AT(task, name, points, __LINE__)
#define HARNESS_CASE_AT(task, name, points, line) HARNESS_CASE(task, name, points, line)
#define HARNESS_CASE(task, name, points, line)                                       \
  namespace harness {                                                                \
  static void lab_case_##line();                                                     \
  static const Registration lab_registration_##line(task, name, points, lab_case_##line); \
  }                                                                                  \
  void harness::lab_case_##line()
// clang-format on
