#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace study {

/// Shows the current run, the number of finished runs and the remaining time: on a terminal in one line that is
/// updated, otherwise in a new line every half minute.
class Progress {
 public:
  Progress();

  /// Adds runs that are expected to take this many seconds of one core in total.
  void expect(int runs, double seconds);
  void set_workers(int workers) { workers_ = workers; }
  void begin(const std::string& run);
  void end(double expected_seconds);
  /// Prints a permanent line.
  void print(const std::string& line);
  /// Updates the progress line.
  void show();

 private:
  std::string remaining_time() const;

  bool terminal_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
  std::mutex mutex_;
  std::string running_;
  int workers_ = 1;
  int runs_ = 0;
  int runs_done_ = 0;
  double seconds_ = 0;
  double seconds_done_ = 0;
};

}  // namespace study
