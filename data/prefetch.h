#pragma once

#include <gradus/data/dataset.h>

#include <atomic>
#include <exception>
#include <functional>
#include <thread>

namespace gradus::inline GRADUS_PRECISION {

/// A batch that is made in a thread of its own while the last one is in use. The thread begins with the first batch and
/// sleeps between two. Copies take neither the thread nor the batch along: each owner begins anew.
class Prefetch {
 public:
  Prefetch() = default;
  Prefetch(const Prefetch&) {}
  Prefetch& operator=(const Prefetch&);
  ~Prefetch();

  /// Calls make(batch()) in the thread. A callable of up to two words costs no allocation.
  void start(std::function<void(Batch&)> make);
  /// Waits until the batch is made, if one was started; the exception that this ended with, or null.
  std::exception_ptr finish();
  /// The owner's between `finish` and `start`.
  Batch& batch() { return batch_; }

 private:
  void work();

  enum class State { idle, working, stop };
  std::atomic<State> state_{State::idle};
  std::function<void(Batch&)> make_;
  Batch batch_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace gradus::inline GRADUS_PRECISION
