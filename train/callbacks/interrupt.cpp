#include <gradus/train/callbacks/interrupt.h>

#include <atomic>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::atomic<bool> arrived = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // all that a handler may touch

}  // namespace

Interrupt::Interrupt() {
  sigaction(SIGINT, nullptr, &previous_);
  if ((previous_.sa_flags & SA_SIGINFO) != 0 || previous_.sa_handler != SIG_DFL) return;
  arrived = false;
  struct sigaction action = {};
  action.sa_handler = [](int) { arrived = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // once; and writing to a pipe goes on
  installed_ = sigaction(SIGINT, &action, nullptr) == 0;
}

Interrupt::~Interrupt() {
  if (installed_) sigaction(SIGINT, &previous_, nullptr);
}

bool Interrupt::requested() const { return installed_ && arrived; }

}  // namespace gradus::inline GRADUS_PRECISION
