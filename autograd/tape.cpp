#include <gradus/autograd/tape.h>

#include <gradus/autograd/tape_observer.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// One operation: its closure, and the slots of its inputs (a range of `Workspace::inputs`) and of its output.
struct Record {
  const char* operation;
  const ClosureType* type;
  void* closure;
  std::size_t first_input;
  std::uint32_t inputs;
  std::uint32_t output;
};

/// The gradient of one variable while `backward` walks.
struct Slot {
  Shape shape;
  Tensor gradient;
  bool filled = false;                           // a gradient has arrived
  bool watched = false;                          // kept after the walk
  std::shared_ptr<ParameterGradient> parameter;  // which `gradient` belongs to, if the variable is a parameter

  void add(const Tensor& more) {
    if (parameter == nullptr && !gradient.unique())
      gradient = gradient.clone();  // passed on by reference, so not ours to change
    add_to(gradient, more);
  }
};

/// The slots of the parameters that a tape has met, sorted by their ids, which count up: new ones nearly always come
/// last.
class LeafTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The slot of a parameter, `none` at first. Valid until the next call.
  std::uint32_t& operator[](std::uint64_t id) {
    auto at = std::ranges::lower_bound(entries_, id, {}, &Entry::first);
    if (at == entries_.end() || at->first != id) at = entries_.insert(at, {id, none});
    return at->second;
  }
  bool contains(std::uint64_t id) const { return std::ranges::binary_search(entries_, id, {}, &Entry::first); }
  std::size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }

 private:
  using Entry = std::pair<std::uint64_t, std::uint32_t>;
  std::vector<Entry> entries_;
};

/// Memory for closures, one behind the other in chunks that stay where they are.
class Arena {
 public:
  void* allocate(std::size_t bytes) {
    constexpr std::size_t alignment = alignof(std::max_align_t);
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (used_bytes_ + bytes > chunk_bytes) {
      if (used_chunks_ == chunks_.size()) chunks_.push_back(std::make_unique<std::byte[]>(chunk_bytes));
      ++used_chunks_;
      used_bytes_ = 0;
    }
    return chunks_[used_chunks_ - 1].get() + std::exchange(used_bytes_, used_bytes_ + bytes);
  }

  void clear() {
    used_chunks_ = 0;
    used_bytes_ = chunk_bytes;
  }

 private:
  static constexpr std::size_t chunk_bytes = 16 * ClosureType::max_size;

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t used_chunks_ = 0;
  std::size_t used_bytes_ = chunk_bytes;  // of the last of them
};

std::atomic<std::uint64_t> tapes{0};

}  // namespace

struct GradientTape::Workspace {
  std::vector<Record> records;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> inputs;
  std::vector<std::pair<std::uint32_t, Tensor>> pending;  // to be added when the closure has returned
  LeafTable leaves;
  Arena closures;

  std::uint32_t add_slot(const Shape& shape) {
    slots.push_back({.shape = shape, .gradient = {}, .parameter = nullptr});
    return static_cast<std::uint32_t>(slots.size() - 1);
  }

  void clear() {
    for (std::size_t i = records.size(); i-- > 0;) {
      if (records[i].closure != nullptr) records[i].type->destroy(records[i].closure);
    }
    records.clear();
    slots.clear();
    inputs.clear();
    pending.clear();
    leaves.clear();
    closures.clear();
  }
};

std::unique_ptr<GradientTape::Workspace>& GradientTape::spare_workspace() {
  thread_local std::unique_ptr<Workspace> spare;
  return spare;
}

GradientTape::GradientTape() : workspace_(std::move(spare_workspace())), id_(++tapes) {
  if (workspace_ == nullptr) workspace_ = std::make_unique<Workspace>();
}

GradientTape::~GradientTape() {
  workspace_->clear();
  constexpr std::size_t max_kept = 100'000;  // records; a longer chain was an exception
  if (workspace_->records.capacity() < max_kept) spare_workspace() = std::move(workspace_);
}

std::size_t GradientTape::size() const { return workspace_->records.size(); }

Variable::Variable(Parameter& parameter) : value_(parameter.value()) {
  GradientTape* tape = GradientTape::current();
  if (tape == nullptr) return;
  tape->frozen_used_ |= !parameter.trainable();
  if (!parameter.trainable()) return;
  tape_ = tape->id_;
  slot_ = tape->leaf(parameter);
}

void Variable::throw_empty() {
  throw StateError(
      "[variable] expected a tensor or a result, got an empty one: it was default-constructed, or moved from");
}

Variable GradientTape::watch(Tensor value) {
  check_recording("watch");
  const std::uint32_t slot = workspace_->add_slot(Variable(value).shape());
  workspace_->slots[slot].watched = true;
  return {std::move(value), id_, slot};
}

void GradientTape::watch(const Variable& result) {
  check_recording("watch");
  check_own("watch", result);
  workspace_->slots[result.slot_].watched = true;
}

std::uint32_t GradientTape::leaf(Parameter& parameter) {
  std::uint32_t& slot = workspace_->leaves[parameter.id()];
  if (slot == LeafTable::none) {
    check_recording(parameter.name());
    slot = workspace_->add_slot(parameter.shape());
    workspace_->slots[slot].gradient = parameter.gradient_->value;
    workspace_->slots[slot].parameter = parameter.gradient_;
  }
  return slot;
}

void GradientTape::check_recording(std::string_view context) const {
  check<StateError>(!walked_,
                    "[{}] expected a tape that records, got one that was already walked by backward; start a "
                    "new GradientTape for every step, or use .value() for a result that needs no gradient",
                    context);
}

Variable record_closure(const char* operation, Tensor value, Inputs inputs, const ClosureType& type, void* closure) {
  GradientTape* tape = GradientTape::current();
  if (tape == nullptr) return value;
  bool needed = false;
  for (const Variable& input : inputs) {
    if (input.tape_ == 0) continue;
    check<StateError>(input.tape_ == tape->id_,
                      "[{}] expected variables of the newest tape, got a variable of another "
                      "tape; use .value() to take it as a constant",
                      operation);
    needed = true;
  }
  if (!needed) return value;
  tape->check_recording(operation);
  if (TapeObserver* observer = TapeObserver::current()) {
    observer->on_operation(operation, Pass::forward);
    observer->on_values(value, Pass::forward);
  }
  GradientTape::Workspace& w = *tape->workspace_;
  void* const kept = w.closures.allocate(type.size);
  type.move(kept, closure);
  const std::uint32_t output = w.add_slot(value.shape());
  w.records.push_back({operation, &type, kept, w.inputs.size(), static_cast<std::uint32_t>(inputs.size()), output});
  for (const Variable& input : inputs) w.inputs.push_back(input.tape_ == 0 ? Gradients::none : input.slot_);
  return {std::move(value), tape->id_, output};
}

void GradientTape::backward(const Variable& loss, BackwardOptions options) {
  check_recording("backward");
  check<StateError>(loss.tape_ != 0 || !frozen_used_ || workspace_->leaves.size() > 0,
                    "[backward] expected a loss that depends on a trainable parameter, got a constant: every parameter "
                    "is frozen; unfreeze a layer of the model");
  check_own("backward", loss);
  check<ShapeError>(loss.value().size() == 1,
                    "[backward] expected a loss of one element, got shape {}; reduce it with "
                    "mean or sum",
                    loss.shape());
  walked_ = true;
  const std::uint64_t pass = ++backward_passes();
  Workspace& w = *workspace_;
  for (Slot& slot : w.slots) {
    if (slot.parameter == nullptr) continue;
    slot.filled = options.accumulate && slot.parameter->unused();
    slot.parameter->mark(0);  // until all is written
  }
  Slot& seed = w.slots[loss.slot_];
  if (seed.parameter == nullptr) seed.gradient = Tensor::empty(loss.shape());
  seed.gradient.fill(seed.filled ? seed.gradient.item() + 1 : 1);  // filled: the loss is a parameter that accumulates
  seed.filled = true;

  TapeObserver* const observer = TapeObserver::current();
  for (std::size_t i = w.records.size(); i-- > 0;) {
    Record& record = w.records[i];
    Slot& output = w.slots[record.output];
    if (output.filled) {
      Gradients gradients(*this, std::span(w.inputs).subspan(record.first_input, record.inputs));
      record.type->run(record.closure, output.gradient, gradients);
      if (!output.watched) output.gradient = {};
      for (auto& [slot, gradient] : w.pending) w.slots[slot].add(gradient);
      w.pending.clear();
      if (observer != nullptr) {
        for (const std::uint32_t input : std::span(w.inputs).subspan(record.first_input, record.inputs)) {
          const bool filled = input != Gradients::none && w.slots[input].filled;
          if (filled) observer->on_values(w.slots[input].gradient, Pass::backward);
        }
      }
    }
    record.type->destroy(std::exchange(record.closure, nullptr));
    if (observer != nullptr) observer->on_operation(record.operation, Pass::backward);
  }
  for (const Slot& slot : w.slots) {
    if (slot.parameter != nullptr && slot.filled) slot.parameter->mark(options.accumulate ? Parameter::any_pass : pass);
  }
}

void GradientTape::check_own(std::string_view context, const Variable& variable) const {
  check<StateError>(variable.tape_ == id_,
                    "[{}] expected a variable recorded on this tape, got {}; compute it from parameters or watched "
                    "tensors while the tape is alive",
                    context, variable.tape_ == 0 ? "a constant" : "a variable of another tape");
}

Tensor GradientTape::gradient(const Variable& watched) const {
  check<StateError>(walked_, "[gradient] expected a call after backward, got one before");
  check_own("gradient", watched);
  const Slot& slot = workspace_->slots[watched.slot_];
  check<StateError>(slot.watched || slot.parameter != nullptr,
                    "[gradient] expected a variable that this tape watches, got a result; call tape.watch(result) "
                    "before backward");
  return slot.filled ? slot.gradient : Tensor::zeros(slot.shape);
}

std::vector<std::string> GradientTape::parameters_besides(Parameters list) const {
  const LeafTable& leaves = workspace_->leaves;
  std::size_t listed = 0;
  for (const Parameter& parameter : list) listed += leaves.contains(parameter.id());
  std::vector<std::string> names;
  if (listed == leaves.size()) return names;
  for (const Slot& slot : workspace_->slots) {
    const auto is_of_slot = [&](const Parameter& parameter) { return parameter.gradient_ == slot.parameter; };
    if (slot.parameter != nullptr && std::ranges::none_of(list, is_of_slot)) names.push_back(slot.parameter->of);
  }
  return names;
}

Tensor Gradients::out(std::size_t i) {
  assert(wanted(i));
  GradientTape::Workspace& w = *tape_.workspace_;
  Slot& slot = w.slots[slots_[i]];
  if (slot.filled) return w.pending.emplace_back(slots_[i], Tensor::empty(slot.shape)).second;
  slot.filled = true;
  if (slot.parameter == nullptr) slot.gradient = Tensor::empty(slot.shape);
  return slot.gradient;
}

void Gradients::set(std::size_t i, Tensor gradient) {
  assert(wanted(i));
  GradientTape::Workspace& w = *tape_.workspace_;
  Slot& slot = w.slots[slots_[i]];
  if (gradient.shape() != slot.shape) gradient = sum_to(gradient, slot.shape);
  if (slot.filled) {
    w.pending.emplace_back(slots_[i], std::move(gradient));
  } else if (slot.parameter != nullptr) {
    slot.gradient.copy_from(gradient);
  } else {
    slot.gradient = std::move(gradient);
  }
  slot.filled = true;
}

}  // namespace gradus::inline GRADUS_PRECISION
