#pragma once

#include <gradus/autograd/variable.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The inputs of one operation, in the order its closure numbers them.
using Inputs = std::span<const std::reference_wrapper<const Variable>>;

class Gradients;

struct BackwardOptions {
  bool accumulate = false;  ///< add to the parameters' earlier gradients instead of overwriting them
};

/// Records operations in order of execution while it is alive, and walks them once, last to first.
///
///     GradientTape tape;
///     const Variable loss = square(weight - 3);
///     tape.backward(loss);        // weight.gradient() is now 2 (w - 3)
///
/// The newest tape of a thread records; an older one goes on when the newer one is gone.
class GradientTape {
 public:
  GradientTape();
  ~GradientTape();
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// A leaf for a value that is no parameter: `gradient` tells its gradient after `backward`.
  Variable watch(Tensor value);

  /// Walks the records once, last to first, releasing each as it goes, and writes the gradient of every trainable
  /// parameter that the loss depends on. Throws ShapeError unless the loss is a single number, StateError for a
  /// constant, for another tape's variable, and for a second walk.
  void backward(const Variable& loss, BackwardOptions options = {});

  /// d loss / d variable of a watched variable, after `backward`; zeros if the loss does not depend on it.
  Tensor gradient(const Variable& watched) const;

  /// How many operations are recorded.
  std::size_t size() const;

  /// The tape that records on this thread now, or null.
  static GradientTape* current();

  /// Bytes that a closure may capture.
  static constexpr std::size_t largest_closure = 4096;

 private:
  friend class Variable;
  friend class Gradients;
  friend class StopRecording;
  struct Record;
  struct Slot;
  struct Workspace;
  template <class Backward>
  friend Variable record(const char*, Tensor, Inputs, Backward);

  /// The tape that has to record an operation of these inputs: one is alive and some input is on it. Else null.
  static GradientTape* recording(const char* operation, Inputs inputs);
  /// Room for a closure, and the record that will run and destroy it.
  using Run = void (*)(void* closure, const Tensor& dy, Gradients& gradients);
  using Destroy = void (*)(void* closure);
  void* allocate(std::size_t bytes);
  Variable append(const char* operation, Tensor value, Inputs inputs, void* closure, Run run, Destroy destroy);

  static std::unique_ptr<Workspace>& spare_workspace();
  std::uint32_t leaf(Parameter& parameter);
  std::uint32_t add_slot(const Shape& shape);
  void check_recording(std::string_view place) const;

  std::unique_ptr<Workspace> workspace_;
  GradientTape* previous_;
  std::uint64_t id_;
  bool walked_ = false;
};

/// While alive, nothing is recorded on this thread: for predictions and measurements beside a live tape.
class StopRecording {
 public:
  StopRecording();
  ~StopRecording();
  StopRecording(const StopRecording&) = delete;
  StopRecording& operator=(const StopRecording&) = delete;

 private:
  GradientTape* stopped_;
};

/// Where a closure puts the gradients of its operation's inputs.
class Gradients {
 public:
  /// Whether anybody wants the gradient of input i. If not, it need not be computed.
  bool wanted(std::size_t i) const { return slots_[i] != none; }
  /// The tensor to write the gradient of input i into, every element of it. Often the parameter's own gradient.
  Tensor out(std::size_t i);
  /// Gives the gradient of input i. Where the operation broadcast the input, `gradient` is summed to its shape.
  void set(std::size_t i, Tensor gradient);

 private:
  friend class GradientTape;
  static constexpr std::uint32_t none = 0xffffffff;
  Gradients(GradientTape& tape, std::span<const std::uint32_t> slots) : tape_(tape), slots_(slots) {}

  GradientTape& tape_;
  std::span<const std::uint32_t> slots_;
};

/// Makes an operation differentiable: `value` is its result, `backward(dy, gradients)` turns the gradient of the
/// result into the gradients of the inputs. The closure is kept only if a tape records; it captures what it needs
/// (tensors, sizes), never variables.
template <class Backward>
Variable record(const char* operation, Tensor value, Inputs inputs, Backward backward) {
  static_assert(alignof(Backward) <= alignof(std::max_align_t) && sizeof(Backward) <= GradientTape::largest_closure);
  GradientTape* tape = GradientTape::recording(operation, inputs);
  if (tape == nullptr) return value;
  void* closure = new (tape->allocate(sizeof(Backward))) Backward(std::move(backward));
  return tape->append(
      operation, std::move(value), inputs, closure,
      [](void* c, const Tensor& dy, Gradients& gradients) { (*static_cast<Backward*>(c))(dy, gradients); },
      [](void* c) { static_cast<Backward*>(c)->~Backward(); });
}

template <class Backward>
Variable record(const char* operation, Tensor value,
                std::initializer_list<std::reference_wrapper<const Variable>> inputs, Backward backward) {
  return record(operation, std::move(value), Inputs(inputs.begin(), inputs.size()), std::move(backward));
}

}  // namespace gradus::inline GRADUS_PRECISION
