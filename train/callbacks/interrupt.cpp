#include <gradus/train/callbacks/interrupt.h>

#include <atomic>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::atomic<int> arrived = 0;
static_assert(std::atomic<int>::is_always_lock_free);  // all that a handler may touch

}  // namespace

Interrupt::Interrupt() {
  arrived = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    auto& [previous, replaced] = previous_[i];
    sigaction(signals[i], nullptr, &previous);
    replaced = (previous.sa_flags & SA_SIGINFO) == 0 && previous.sa_handler == SIG_DFL;
    if (!replaced) continue;
    struct sigaction action = {};
    action.sa_handler = [](int signal) { arrived = signal; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // once; and writing to a pipe goes on
    replaced = sigaction(signals[i], &action, nullptr) == 0;
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (previous_[i].replaced) sigaction(signals[i], &previous_[i].action, nullptr);
  }
}

int Interrupt::signal() { return arrived; }

}  // namespace gradus::inline GRADUS_PRECISION
