#pragma once

#include <gradus/autograd/variable.h>
#include <gradus/core/scope.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The inputs of one operation, in the order its closure numbers them.
using Inputs = std::span<const std::reference_wrapper<const Variable>>;

struct BackwardOptions {
  bool accumulate = false;  ///< add to the parameters' earlier gradients instead of overwriting them
};

/// What records on a thread: a tape, or nothing while a StopRecording is the newest.
class Recording : public Scope<Recording> {
 public:
  explicit Recording(class GradientTape* tape) : tape_(tape) {}
  GradientTape* tape() const { return tape_; }

 private:
  GradientTape* tape_;
};

/// Records operations in order of execution while it is alive, and walks them once, last to first.
///
///     GradientTape tape;
///     const Variable loss = square(weight - 3);
///     tape.backward(loss);        // weight.gradient() is now 2 (w - 3)
///
/// The newest tape of a thread records; an older one goes on when the newer one is gone.
///
/// Several threads: each has tapes of its own. A tape is used by the thread that made it, and may end on another.
class GradientTape {
 public:
  GradientTape();
  ~GradientTape();
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// A leaf for a value that is not a parameter: `gradient` returns its gradient after `backward`.
  Variable watch(Tensor value);
  /// Keeps the gradient of a result for `gradient`. Throws StateError for a constant, and for another tape's variable.
  void watch(const Variable& result);

  /// Walks the records once, last to first, releasing their closures on the way, and writes the gradient of every
  /// parameter that the loss depends on and that was trainable when it was used; the others on the tape have none after
  /// it. Throws ShapeError unless the loss is a single number, StateError for a constant, for another tape's variable,
  /// and for a second walk.
  void backward(const Variable& loss, BackwardOptions options = {});

  /// d loss / d variable of a watched variable or a parameter, after `backward`; zeros if the loss does not depend on
  /// it. To be read: the tensor may share its elements with the gradient of another variable.
  Tensor gradient(const Variable& watched) const;

  /// The names of the parameters on this tape that the list does not hold, which no optimizer of the list would move.
  std::vector<std::string> parameters_besides(Parameters list) const;

  /// How many operations have been recorded.
  std::size_t size() const;

  /// The tape that records on this thread now, or null.
  static GradientTape* current() {
    const Recording* newest = Recording::current();
    return newest == nullptr ? nullptr : newest->tape();
  }

 private:
  // Records, gradients and closures lie in a workspace. The next tape of the thread takes it over, so that a training
  // loop records without allocating. docs/autograd.md draws it.
  struct Workspace;
  friend class Variable;
  friend class Gradients;
  friend Variable record_closure(const char*, Tensor, Inputs, const struct ClosureType&, void*);

  static std::unique_ptr<Workspace>& spare_workspace();
  /// The place of a parameter in the workspace.
  std::uint32_t leaf(Parameter& parameter);
  void check_recording(std::string_view context) const;
  void check_own(std::string_view context, const Variable& variable) const;

  std::unique_ptr<Workspace> workspace_;
  std::uint64_t id_;
  bool walked_ = false;
  bool frozen_used_ = false;  // a frozen parameter has been used
  Recording recording_{this};
};

/// While alive, nothing is recorded on this thread: for predictions and measurements beside a live tape.
class StopRecording {
 private:
  Recording recording_{nullptr};
};

/// Where a closure puts the gradients of its operation's inputs: each that is wanted, once.
class Gradients {
 public:
  /// Whether the gradient of input i is wanted. If not, it need not be computed, and may not be put anywhere.
  bool wanted(std::size_t i) const { return slots_[i] != none; }
  /// The tensor to write the gradient of input i into, every element of it. Often the parameter's own gradient.
  Tensor out(std::size_t i);
  /// The same, or where the gradient is not wanted a new tensor of that shape: for kernels that compute it anyway.
  Tensor out_or_scratch(std::size_t i, const Shape& shape) { return wanted(i) ? out(i) : Tensor::empty(shape); }
  /// Gives the gradient of input i. Where the operation broadcast the input, `gradient` is summed to its shape.
  void set(std::size_t i, Tensor gradient);

 private:
  friend class GradientTape;
  friend Variable record_closure(const char*, Tensor, Inputs, const struct ClosureType&, void*);
  static constexpr std::uint32_t none = 0xffffffff;
  Gradients(GradientTape& tape, std::span<const std::uint32_t> slots) : tape_(tape), slots_(slots) {}

  GradientTape& tape_;
  std::span<const std::uint32_t> slots_;  // of the inputs, in the workspace
};

/// What the tape has to know of a closure whose type only `record` knows.
struct ClosureType {
  static constexpr std::size_t max_size = 4096;  ///< bytes that a closure may capture

  std::size_t size;
  void (*move)(void* to, void* from);
  void (*run)(void* closure, const Tensor& dy, Gradients& gradients);
  void (*destroy)(void* closure);
};

/// Does the work of `record`: moves the closure to the tape, if one records and an input is on it.
Variable record_closure(const char* operation, Tensor value, Inputs inputs, const ClosureType& type, void* closure);

/// Makes an operation differentiable: `value` is its result, `backward(dy, gradients)` turns the gradient of the
/// result into the gradients of the inputs. The closure is kept only if a tape records; it captures what it needs
/// (tensors, sizes), never variables. It reads dy and does not write to it, as other operations may share it.
/// `operation` is a literal, since the tape keeps the pointer.
template <class Backward>
Variable record(const char* operation, Tensor value, Inputs inputs, Backward backward) {
  static_assert(alignof(Backward) <= alignof(std::max_align_t) && sizeof(Backward) <= ClosureType::max_size);
  static constexpr ClosureType type{
      .size = sizeof(Backward),
      .move = [](void* to, void* from) { new (to) Backward(std::move(*static_cast<Backward*>(from))); },
      .run = [](void* c, const Tensor& dy, Gradients& gradients) { (*static_cast<Backward*>(c))(dy, gradients); },
      .destroy = [](void* c) { static_cast<Backward*>(c)->~Backward(); }};
  return record_closure(operation, std::move(value), inputs, type, &backward);
}

template <class Backward>
Variable record(const char* operation, Tensor value,
                std::initializer_list<std::reference_wrapper<const Variable>> inputs, Backward backward) {
  return record(operation, std::move(value), Inputs(inputs.begin(), inputs.size()), std::move(backward));
}

}  // namespace gradus::inline GRADUS_PRECISION
