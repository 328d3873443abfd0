#include <gradus/data/prefetch.h>

namespace gradus::inline GRADUS_PRECISION {

Prefetch& Prefetch::operator=(const Prefetch&) {
  finish();
  return *this;
}

Prefetch::~Prefetch() {
  finish();
  state_ = State::stop;
  state_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Prefetch::start(std::function<void(Batch&)> make) {
  // Here rather than in the thread, because the owner may give up what it kept of an earlier batch at any time.
  for (Tensor* tensor : {&batch_.inputs, &batch_.labels, &batch_.weights}) {
    if (!tensor->unique()) *tensor = Tensor();
  }
  make_ = std::move(make);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  state_ = State::working;
  state_.notify_all();
}

std::exception_ptr Prefetch::finish() {
  state_.wait(State::working);
  return std::exchange(error_, nullptr);
}

void Prefetch::work() {
  while (true) {
    state_.wait(State::idle);
    if (state_ == State::stop) return;
    try {
      make_(batch_);
    } catch (...) {
      error_ = std::current_exception();
    }
    state_ = State::idle;
    state_.notify_all();
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
