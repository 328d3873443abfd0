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
  Prefetch& operator=(const Prefetch&) {
    finish();
    return *this;
  }
  ~Prefetch() {
    finish();
    set(State::stop);
    if (thread_.joinable()) thread_.join();
  }

  /// Calls make(batch()) in the thread. A callable of up to two words costs no allocation.
  void start(std::function<void(Batch&)> make) {
    // Here rather than in the thread, because the owner may give up what it kept of an earlier batch at any time.
    for (Tensor* tensor : {&batch_.inputs, &batch_.labels, &batch_.weights}) {
      if (!tensor->unique()) *tensor = Tensor();
    }
    make_ = std::move(make);
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    set(State::working);
  }

  /// Waits until the batch is made, if one was started; the exception that this ended with, or null.
  std::exception_ptr finish() {
    state_.wait(State::working);
    return std::exchange(error_, nullptr);
  }

  /// The owner's between `finish` and `start`.
  Batch& batch() { return batch_; }

 private:
  enum class State { idle, working, stop };

  void set(State state) {
    state_ = state;
    state_.notify_all();
  }

  void work() {
    for (; state_ != State::stop; state_.wait(State::idle)) {
      if (state_ != State::working) continue;
      try {
        make_(batch_);
      } catch (...) {
        error_ = std::current_exception();
      }
      set(State::idle);
    }
  }

  std::atomic<State> state_{State::idle};
  std::function<void(Batch&)> make_;
  Batch batch_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace gradus::inline GRADUS_PRECISION
