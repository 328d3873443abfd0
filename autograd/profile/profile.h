#pragma once

#include <gradus/autograd/tape_observer.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The time of each operation in training steps: of those that tapes of this thread record (forward) and walk
/// (backward) while it is alive. Only the newest profile of a thread measures.
///
///     Profile profile;
///     for (...) { ...one training step...; profile.end_step(); }
///     fmt::print("{}", to_string(profile));
///
/// Several threads: it is used on the thread that made it, and measures that thread.
class Profile : public TapeObserver {
 public:
  struct Row {
    std::string operation;  ///< "linear", "batch_normalization", ..., in order of first appearance
    double forward = 0;     ///< seconds, total of all steps
    double backward = 0;
  };

  Profile() : last_(Clock::now()) {}

  /// The profile that measures this thread, or null.
  static Profile* current() { return dynamic_cast<Profile*>(TapeObserver::current()); }

  void on_operation(const char* operation, Pass pass) override { lap(operation, pass); }
  /// Adds the time since the last lap or step to an operation. Tapes report theirs; call it for other work.
  void lap(std::string_view operation, Pass pass = Pass::forward);
  void on_pause() override { skip(); }
  /// Adds the time since the last lap to the optimizer and ends the step.
  void end_step();
  /// Ends the step, of which the optimizer has its lap.
  void count_step() { ++steps_; }
  /// Restarts the clock: the time since the last lap is not counted.
  void skip();

  const std::vector<Row>& rows() const { return rows_; }
  Index steps() const { return steps_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::vector<Row> rows_;
  Index steps_ = 0;
  Clock::time_point last_;
};

/// A table of at most 80 columns: microseconds per step, forward and backward, and the share of every operation.
std::string to_string(const Profile& profile);

}  // namespace gradus::inline GRADUS_PRECISION
