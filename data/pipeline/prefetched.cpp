#include <gradus/data/pipeline/prefetched.h>

#include <atomic>
#include <exception>
#include <thread>

namespace gradus::inline GRADUS_PRECISION {

/// The source, the batch that is made ahead, and the thread that makes it.
class Prefetched::Worker {
 public:
  explicit Worker(std::unique_ptr<Batches> source) : source_(std::move(source)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    wait();
    set(State::stop);
    if (thread_.joinable()) thread_.join();
  }

  const Batches& source() const { return *source_; }

  void begin_epoch() {
    wait();
    error_ = nullptr;  // of a batch that was never requested
    more_ = false;
    start_thread();
    source_->begin_epoch();
    start_batch();
  }

  bool next(Batch& batch) {
    wait();
    if (error_) {
      const std::exception_ptr error = std::exchange(error_, nullptr);
      start_batch();
      std::rethrow_exception(error);
    }
    if (!more_) return false;
    std::swap(batch, batch_);
    start_batch();
    return true;
  }

  void skip(Index count) {
    if (count == 0) return;
    wait();
    error_ = nullptr;  // of the batch that is left out
    source_->skip(count - 1);
    start_batch();
  }

  void visit_state(Archive& archive) {
    wait();
    source_->visit_state(archive);
  }

 private:
  enum class State { idle, working, stop };

  void set(State state) {
    state_ = state;
    state_.notify_all();
  }

  void wait() { state_.wait(State::working); }

  void start_thread() {
    if (thread_.joinable()) return;
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::exception&) {  // the calling thread makes the batches
    }
  }

  void start_batch() {
    // Here rather than in the thread, because the caller may release a copy of an earlier batch at any time.
    for (Tensor* tensor : {&batch_.inputs, &batch_.labels, &batch_.weights}) {
      if (!tensor->unique()) *tensor = Tensor();
    }
    if (thread_.joinable()) {
      set(State::working);
    } else {
      make();
    }
  }

  void make() {
    try {
      more_ = source_->next(batch_);
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  void work() {
    while (true) {
      state_.wait(State::idle);
      if (state_ == State::stop) return;
      make();
      set(State::idle);
    }
  }

  std::unique_ptr<Batches> source_;
  Batch batch_;
  bool more_ = false;  // whether batch_ is the next batch
  std::exception_ptr error_;
  std::atomic<State> state_{State::idle};  // orders all accesses to the members above
  std::thread thread_;
};

Prefetched::Prefetched(std::unique_ptr<Batches> source) : worker_(std::make_unique<Worker>(std::move(source))) {}
Prefetched::Prefetched(Prefetched&&) noexcept = default;
Prefetched& Prefetched::operator=(Prefetched&&) noexcept = default;
Prefetched::~Prefetched() = default;

void Prefetched::skip(Index count) { worker_->skip(count); }
void Prefetched::visit_state(Archive& archive) { worker_->visit_state(archive); }
void Prefetched::begin_epoch() { worker_->begin_epoch(); }
bool Prefetched::next(Batch& batch) { return worker_->next(batch); }

Index Prefetched::batches_per_epoch() const { return worker_->source().batches_per_epoch(); }

Index Prefetched::last_batch_size() const { return worker_->source().last_batch_size(); }
const Shape& Prefetched::sample_shape() const { return worker_->source().sample_shape(); }
Index Prefetched::classes() const { return worker_->source().classes(); }

}  // namespace gradus::inline GRADUS_PRECISION
