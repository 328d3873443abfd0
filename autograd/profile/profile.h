#pragma once

#include <gradus/autograd/tape_observer.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Where the time of training steps goes. While alive, it is told of every operation that tapes of this thread record
/// (forward) and walk (backward); the newest one listens.
///
///     Profile profile;
///     for (...) { ...one training step...; profile.end_step(); }
///     fmt::print("{}", to_string(profile));
class Profile : public TapeObserver {
 public:
  struct Row {
    std::string operation;  ///< "linear", "batch_normalization", ..., in order of first appearance
    double forward = 0;     ///< seconds, of all steps together
    double backward = 0;
  };

  Profile() : last_(Clock::now()) {}

  /// The profile that is told of this thread's operations, or null.
  static Profile* current() { return dynamic_cast<Profile*>(TapeObserver::current()); }

  void on_operation(const char* operation, Pass pass) override { lap(operation, pass); }
  /// The time since the last lap (or step) belongs to this operation. For work beside the tape; tapes report theirs.
  void lap(std::string_view operation, Pass pass = Pass::forward);
  /// The time since the last lap belongs to the optimizer, and the step is over.
  void end_step();
  /// Starts the clock anew: what went on since the last lap is not counted.
  void skip();

  const std::vector<Row>& rows() const { return rows_; }
  Index steps() const { return steps_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::vector<Row> rows_;
  Index steps_ = 0;
  Clock::time_point last_;
};

/// A table for 80 columns: microseconds a step, forward and backward, and the share of every operation.
std::string to_string(const Profile& profile);

}  // namespace gradus::inline GRADUS_PRECISION
