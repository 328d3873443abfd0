#include <gradus/autograd/tape.h>

#include <gradus/autograd/profile.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <algorithm>
#include <atomic>

namespace gradus::inline GRADUS_PRECISION {

/// One operation: how to run and destroy its closure, and which slots its inputs and its output have.
struct GradientTape::Record {
  const char* operation;
  void* closure;
  Run run;
  Destroy destroy;
  std::size_t first_input;
  std::uint32_t inputs;
  std::uint32_t output;
};

/// The gradient of one variable while `backward` walks.
struct GradientTape::Slot {
  Shape shape;
  Tensor gradient;
  bool filled = false;     // a gradient has arrived
  bool watched = false;    // kept after the walk
  bool parameter = false;  // `gradient` is the parameter's own

  void add(const Tensor& more) {
    if (!parameter && !gradient.unique()) gradient = gradient.clone();  // passed on by reference, so not ours to change
    add_to(gradient, more);
  }
};

/// The memory of a tape. It passes from one tape of a thread to the next, so a training loop records without
/// allocating.
struct GradientTape::Workspace {
  std::vector<Record> records;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> inputs;
  std::vector<std::pair<std::uint32_t, Tensor>> pending;               // to be added when the closure has returned
  std::vector<std::pair<const Parameter*, std::uint32_t>> parameters;  // leaves, with their slots
  std::vector<std::unique_ptr<std::byte[]>> chunks;                    // closures
  std::size_t used_chunks = 0;
  std::size_t used_bytes = chunk_bytes;

  static constexpr std::size_t chunk_bytes = 16 * largest_closure;

  void clear() {
    for (std::size_t i = records.size(); i-- > 0;) {
      if (records[i].closure != nullptr) records[i].destroy(records[i].closure);
    }
    records.clear();
    slots.clear();
    inputs.clear();
    pending.clear();
    parameters.clear();
    used_chunks = 0;
    used_bytes = chunk_bytes;
  }
};

namespace {

thread_local GradientTape* current_tape = nullptr;
std::atomic<std::uint64_t> tapes{0};

}  // namespace

std::unique_ptr<GradientTape::Workspace>& GradientTape::spare_workspace() {
  thread_local std::unique_ptr<Workspace> spare;
  return spare;
}

GradientTape::GradientTape() : previous_(current_tape), id_(++tapes) {
  workspace_ = std::move(spare_workspace());
  if (workspace_ == nullptr) workspace_ = std::make_unique<Workspace>();
  current_tape = this;
}

GradientTape::~GradientTape() {
  workspace_->clear();
  constexpr std::size_t worth_keeping = 100'000;  // records; a longer chain was an exception
  if (workspace_->records.capacity() < worth_keeping) spare_workspace() = std::move(workspace_);
  current_tape = previous_;
}

GradientTape* GradientTape::current() { return current_tape; }

std::size_t GradientTape::size() const { return workspace_->records.size(); }

Variable::Variable(Parameter& parameter) : value_(parameter.value()) {
  GradientTape* tape = GradientTape::current();
  if (tape == nullptr || !parameter.trainable()) return;
  tape_ = tape->id_;
  slot_ = tape->leaf(parameter);
}

Variable GradientTape::watch(Tensor value) {
  check_recording("watch");
  const std::uint32_t slot = add_slot(value.shape());
  workspace_->slots[slot].watched = true;
  return {std::move(value), id_, slot};
}

std::uint32_t GradientTape::leaf(Parameter& parameter) {
  if (parameter.tape_ == id_) return parameter.slot_;
  check_recording(parameter.name());
  auto& leaves = workspace_->parameters;
  // Only a newer tape can have come between: look whether this one knew the parameter before.
  auto known = parameter.tape_ < id_ ? leaves.end() : std::find_if(leaves.begin(), leaves.end(), [&](const auto& leaf) {
    return leaf.first == &parameter;
  });
  if (known == leaves.end()) {
    known = leaves.insert(leaves.end(), {&parameter, add_slot(parameter.shape())});
    Slot& slot = workspace_->slots[known->second];
    slot.gradient = parameter.gradient();
    slot.parameter = true;
  }
  parameter.tape_ = id_;
  return parameter.slot_ = known->second;
}

std::uint32_t GradientTape::add_slot(const Shape& shape) {
  workspace_->slots.push_back({.shape = shape, .gradient = {}});
  return static_cast<std::uint32_t>(workspace_->slots.size() - 1);
}

void GradientTape::check_recording(std::string_view place) const {
  check<StateError>(!walked_,
                    "[{}] expected a tape that records, got one that was already walked by backward; start a "
                    "new GradientTape for every step, or use .value() for a result that needs no gradient",
                    place);
}

GradientTape* GradientTape::recording(const char* operation, Inputs inputs) {
  GradientTape* tape = current_tape;
  if (tape == nullptr) return nullptr;
  bool needed = false;
  for (const Variable& input : inputs) {
    if (input.tape_ == 0) continue;
    check<StateError>(input.tape_ == tape->id_,
                      "[{}] expected variables of the newest tape, got a variable of another "
                      "tape; use .value() to take it as a constant",
                      operation);
    needed = true;
  }
  if (needed) tape->check_recording(operation);
  return needed ? tape : nullptr;
}

void* GradientTape::allocate(std::size_t bytes) {
  constexpr std::size_t alignment = alignof(std::max_align_t);
  bytes = (bytes + alignment - 1) / alignment * alignment;
  Workspace& w = *workspace_;
  if (w.used_bytes + bytes > Workspace::chunk_bytes) {
    if (w.used_chunks == w.chunks.size()) w.chunks.push_back(std::make_unique<std::byte[]>(Workspace::chunk_bytes));
    ++w.used_chunks;
    w.used_bytes = 0;
  }
  return w.chunks[w.used_chunks - 1].get() + std::exchange(w.used_bytes, w.used_bytes + bytes);
}

Variable GradientTape::append(const char* operation, Tensor value, Inputs inputs, void* closure, Run run,
                              Destroy destroy) {
  if (Profile* profile = Profile::current()) profile->lap(operation);
  Workspace& w = *workspace_;
  const std::uint32_t output = add_slot(value.shape());
  w.records.push_back(
      {operation, closure, run, destroy, w.inputs.size(), static_cast<std::uint32_t>(inputs.size()), output});
  for (const Variable& input : inputs) w.inputs.push_back(input.tape_ == id_ ? input.slot_ : Gradients::none);
  return {std::move(value), id_, output};
}

void GradientTape::backward(const Variable& loss, BackwardOptions options) {
  check_recording("backward");
  check<StateError>(loss.tape_ == id_,
                    "[backward] expected a loss recorded on this tape, got {}; compute the loss from "
                    "parameters or watched tensors while the tape is alive",
                    loss.tape_ == 0 ? "a constant" : "a variable of another tape");
  check<ShapeError>(loss.value().size() == 1,
                    "[backward] expected a loss of one element, got shape {}; reduce it with "
                    "mean or sum",
                    loss.shape());
  walked_ = true;
  Workspace& w = *workspace_;
  if (options.accumulate) {
    for (const auto& [parameter, slot] : w.parameters) w.slots[slot].filled = true;
  }
  Slot& seed = w.slots[loss.slot_];
  if (!seed.parameter) seed.gradient = Tensor::empty(loss.shape());
  seed.gradient.fill(seed.filled ? seed.gradient.item() + 1 : 1);  // filled: the loss is a parameter that accumulates
  seed.filled = true;

  Profile* const profile = Profile::current();
  for (std::size_t i = w.records.size(); i-- > 0;) {
    Record& record = w.records[i];
    Slot& output = w.slots[record.output];
    if (output.filled) {
      Gradients gradients(*this, std::span(w.inputs).subspan(record.first_input, record.inputs));
      record.run(record.closure, output.gradient, gradients);
      output.gradient = {};
      for (auto& [slot, gradient] : w.pending) w.slots[slot].add(gradient);
      w.pending.clear();
    }
    record.destroy(std::exchange(record.closure, nullptr));
    if (profile != nullptr) profile->lap(record.operation, Pass::backward);
  }
}

Tensor GradientTape::gradient(const Variable& watched) const {
  check<StateError>(walked_, "[gradient] expected a call after backward, got one before");
  check<StateError>(watched.tape_ == id_ && workspace_->slots[watched.slot_].watched,
                    "[gradient] expected a variable that this tape watches, got {}; make it with tape.watch(tensor)",
                    watched.tape_ == 0     ? "a constant"
                    : watched.tape_ == id_ ? "a result or a parameter"
                                           : "a variable of another tape");
  const Slot& slot = workspace_->slots[watched.slot_];
  return slot.filled ? slot.gradient : Tensor::zeros(slot.shape);
}

Tensor Gradients::out(std::size_t i) {
  GradientTape::Slot& slot = tape_.workspace_->slots[slots_[i]];
  if (slot.filled) return tape_.workspace_->pending.emplace_back(slots_[i], Tensor::empty(slot.shape)).second;
  slot.filled = true;
  if (!slot.parameter) slot.gradient = Tensor::empty(slot.shape);
  return slot.gradient;
}

void Gradients::set(std::size_t i, Tensor gradient) {
  GradientTape::Slot& slot = tape_.workspace_->slots[slots_[i]];
  if (gradient.shape() != slot.shape) gradient = sum_to(gradient, slot.shape);
  if (slot.filled) {
    tape_.workspace_->pending.emplace_back(slots_[i], std::move(gradient));
  } else if (slot.parameter) {
    slot.gradient.copy_from(gradient);
  } else {
    slot.gradient = std::move(gradient);
  }
  slot.filled = true;
}

StopRecording::StopRecording() : stopped_(std::exchange(current_tape, nullptr)) {}

StopRecording::~StopRecording() { current_tape = stopped_; }

}  // namespace gradus::inline GRADUS_PRECISION
