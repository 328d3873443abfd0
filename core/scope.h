#pragma once

#include <gradus/core/real.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace gradus::inline GRADUS_PRECISION {

/// Base class of objects of type T of which the newest one on a thread is the current one, such as tapes. They can be
/// destroyed in any order and on any thread: each removes itself from the list of the thread that made it.
///
/// Several threads: each thread has its own list. An object can be destroyed on another thread while its own thread
/// makes or destroys other ones.
template <class T>
class Scope {
 public:
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// The newest object of this thread, or null.
  static T* current() { return static_cast<T*>(list()->newest.load(std::memory_order_relaxed)); }

 protected:
  Scope() : list_(list()) {
    const std::lock_guard lock(list_->mutex);
    older_ = list_->newest.exchange(this);
  }
  ~Scope() {
    const std::lock_guard lock(list_->mutex);
    if (list_->newest == this) {
      list_->newest = older_;
      return;
    }
    Scope* newer = list_->newest;
    while (newer->older_ != this) newer = newer->older_;
    newer->older_ = older_;
  }

 private:
  struct List {
    std::mutex mutex;
    std::atomic<Scope*> newest = nullptr;
  };

  /// The list of this thread. Shared, because an object may outlive the thread.
  static const std::shared_ptr<List>& list() {
    thread_local const std::shared_ptr<List> list = std::make_shared<List>();
    return list;
  }

  std::shared_ptr<List> list_;
  Scope* older_ = nullptr;
};

}  // namespace gradus::inline GRADUS_PRECISION
