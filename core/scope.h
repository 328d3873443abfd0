#pragma once

#include <gradus/core/real.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace gradus::inline GRADUS_PRECISION {

/// Base of objects of a kind T of which the newest one alive is in force on the thread that made it, such as a tape.
/// They may end in any order and on any thread: each takes itself out of the list of its thread.
///
/// Several threads: each has a list of its own. An object may end on another thread while its own one works.
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
