#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace study {

/// Tells what runs, how far all is and how long it will still take: on a terminal in one line that changes, otherwise
/// in a line for every experiment that is done, and every half minute.
class Progress {
 public:
  Progress();

  /// Announces runs that will take that many seconds of a core, as far as one can know.
  void expect(int runs, double seconds);
  /// So many cores are at it.
  void set_workers(int workers) { workers_ = workers; }
  void begin(const std::string& run);
  void end(double expected_seconds);
  /// A line that stays.
  void say(const std::string& line);
  /// Shows the state again, with the time that is left.
  void show();

 private:
  std::string left() const;

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
