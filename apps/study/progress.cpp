#include "progress.h"

#include <gradus/train/progress_bar.h>

#include <fmt/format.h>

#include <cstdio>

namespace study {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

Progress::Progress() : terminal_(gradus::is_terminal()), start_(Clock::now()), shown_(start_) {}

void Progress::expect(int runs, double seconds) {
  runs_ += runs;
  seconds_ += seconds;
}

void Progress::begin(const std::string& run) {
  const std::lock_guard lock(mutex_);
  running_ = run;
}

void Progress::end(double expected_seconds) {
  const std::lock_guard lock(mutex_);
  ++runs_done_;
  seconds_done_ += expected_seconds;
}

void Progress::print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  fmt::print("{}{}\n", terminal_ ? "\r\033[K" : "", line);
  std::fflush(stdout);
}

std::string Progress::remaining_time() const {
  const double elapsed = seconds_between(start_, Clock::now());
  const double rest = (seconds_ - seconds_done_) / workers_;
  const double expected = seconds_done_ / workers_;
  // The expected time, corrected by the times of the finished runs; these dominate after a few times `prior` seconds.
  constexpr double prior = 10;
  return gradus::duration(rest * (elapsed + prior) / (expected + prior));
}

void Progress::show() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  constexpr double interval = 30;
  if (runs_ == 0 || (!terminal_ && seconds_between(shown_, now) < interval)) return;
  shown_ = now;
  std::string line = fmt::format("{:3.0f} %  {} of {} runs, {} remaining: {}", 100 * seconds_done_ / seconds_,
                                 runs_done_, runs_, remaining_time(), running_);
  constexpr std::size_t columns = 79;
  if (terminal_ && line.size() > columns) line = line.substr(0, columns - 3) + "...";
  fmt::print("{}{}{}", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
  std::fflush(stdout);
}

}  // namespace study
