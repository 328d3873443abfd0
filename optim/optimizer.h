#pragma once

#include <gradus/autograd/parameter_list.h>
#include <gradus/core/archive.h>
#include <gradus/core/tensor.h>
#include <gradus/optim/known_parameters.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Selects the form of an update where Keras and PyTorch differ. Both forms of SGD are equal while the learning rate is
/// constant, both forms of Adam for a negligible epsilon.
enum class Convention { keras, pytorch };

/// Selects the parameters with weight decay. A custom rule is any function, which several threads may call at once:
///     .decay_rule = [](const Parameter& parameter) { return parameter.name().starts_with("dense"); }
using DecayRule = bool (*)(const Parameter& parameter);
/// Parameters with more than one axis: not gamma, beta and biases. The default.
bool decay_kernels(const Parameter& parameter);
/// All parameters, as in PyTorch.
bool decay_all(const Parameter& parameter);

/// Decoupled (Loshchilov & Hutter 2019), as in Keras: w -= learning_rate * amount * w, in addition to the step.
/// Otherwise L2: the step uses gradient + amount * w; the parameter's gradient is unchanged.
struct WeightDecay {
  double amount = 0;
  bool decoupled = true;
  DecayRule rule = decay_kernels;
};

/// The only argument of an optimizer that has its learning rate alone: Adam{1e-3}, which says .learning_rate = 1e-3.
template <class T>
concept Number = std::is_arithmetic_v<T>;

/// Updates the parameters of one model from their gradients. Changes their values and its own state only; gradients are
/// never written. Can be moved, not copied but by `clone`.
///
/// Several threads: an optimizer is used by one thread at a time.
///
/// A custom optimizer overrides `update`:
///
///     class SignDescent : public Optimizer {
///      public:
///       explicit SignDescent(double learning_rate) : Optimizer("sign_descent", 0, learning_rate) {}
///      private:
///       void update(const Part& part) const override {
///         const Real rate = static_cast<Real>(part.learning_rate);
///         for (Index i = 0; i < part.size; ++i) part.weight[i] -= std::copysign(rate, part.gradient[i]);
///       }
///     };
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Updates every trainable parameter that has a gradient once; the others and their state are unchanged. A gradient
  /// is used once: see Parameter. One parallel loop over all parameters, without allocations after the first step.
  /// Throws StateError unless the parameters are those of the first step, and if there was no backward pass since the
  /// last step, ShapeError if the shape of a gradient is not its parameter's; then no parameter has changed. Rethrows
  /// an exception of a custom `update` or decay rule when all threads have finished; then some parameters have changed.
  void step(Parameters parameters);

  /// A copy with a state of its own, for steps that the original does not see. Null for a custom optimizer that does
  /// not override `make_alike`.
  std::unique_ptr<Optimizer> clone() const;

  /// Learning rate, steps, and what the optimizer keeps of each parameter, by name: "m.dense.kernel". Throws StateError
  /// unless the parameters are those of the steps, and if the state is that of another optimizer.
  void visit_state(Archive& archive, Parameters parameters);

  /// In lower case, as in error messages: "adam".
  const std::string& name() const { return name_; }
  /// Number of steps taken.
  std::int64_t steps() const { return steps_; }

  double learning_rate() const { return learning_rate_; }
  /// Throws ValueError unless 0 <= learning_rate <= 1000. At 0 a step updates the state only.
  void set_learning_rate(double learning_rate);

  /// Multiplies the learning rate of these parameters, with any schedule. At 0 a step updates their state only.
  /// Throws ValueError unless 0 <= multiplier < infinity.
  ///
  ///     optimizer.set_learning_rate_multiplier(model.layer("encoder").parameters(), 0.1);
  void set_learning_rate_multiplier(Parameters parameters, double multiplier);
  /// 1 unless set.
  double learning_rate_multiplier(const Parameter& parameter) const;

  double weight_decay() const { return weight_decay_.amount; }
  /// Throws ValueError for an amount that is negative or not finite.
  void set_weight_decay(double amount);
  /// Whether weight decay applies to this parameter.
  bool decays(const Parameter& parameter) const { return weight_decay() > 0 && weight_decay_.rule(parameter); }

 protected:
  static constexpr std::size_t max_slots = 3;

  /// Consecutive elements of one parameter, with their gradient and state. The state starts as zeros.
  struct Part {
    Real* weight;
    const Real* gradient;
    std::array<Real*, max_slots> state;  ///< one pointer per slot, the others null
    Index size;
    double learning_rate;  ///< with the parameter's multiplier
    Real l2;               ///< L2 weight decay: the gradient to use is gradient + l2 * weight
    Real shrink;           ///< decoupled weight decay: weight -= shrink * weight, in addition to the step
  };

  /// The numbers that an optimizer keeps of each element of the parameters: how many, at most 3, or their names.
  struct Slots {
    Slots(std::size_t count) : names{"slot_0", "slot_1", "slot_2"} { names.resize(count); }
    Slots(std::initializer_list<std::string> list) : names(list) {}
    std::vector<std::string> names;
  };

  /// Throws ValueError, with [name], unless
  /// 0 < learning_rate <= 1000, 0 <= weight_decay.amount < infinity and the rule is set.
  Optimizer(std::string name, Slots slots, double learning_rate, const WeightDecay& weight_decay = {});
  /// The same from the options of an optimizer: a struct with these four members.
  template <class Options>
  requires(std::is_class_v<Options>) Optimizer(std::string name, Slots slots, const Options& options)
      : Optimizer(std::move(name), std::move(slots), options.learning_rate,
                  {options.weight_decay, options.decoupled_weight_decay, options.decay_rule}) {}
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  /// Throws ValueError unless 0 <= value < 1.
  void check_share(std::string_view option, double value) const;
  /// Throws ValueError unless 1e-30 <= epsilon < 1e6.
  void check_epsilon(double epsilon) const;

 private:
  /// A new optimizer with the same options, and with what a derived class keeps between steps. For `clone`.
  virtual std::unique_ptr<Optimizer> make_alike() const { return nullptr; }
  /// What a derived class keeps between steps.
  virtual void visit_own_state(Archive& /*archive*/) {}
  /// Computes what all parameters share in step `steps()`, before any is updated.
  virtual void begin_step() {}
  /// Updates one part in step `steps()`, which counts from 1. Called by several threads at once, with parameters cut
  /// anywhere: the new value of an element must depend on this element only.
  virtual void update(const Part& part) const = 0;

  void start(Parameters parameters);
  void update_chunks(Parameters parameters, Index first, Index last);

  std::string name_;
  Slots slots_;
  double learning_rate_;
  WeightDecay weight_decay_;
  std::int64_t steps_ = 0;
  std::uint64_t passes_ = backward_passes();               // at the last step
  std::unordered_map<std::uint64_t, double> multipliers_;  // by parameter id
  KnownParameters known_;                                  // those of the first step
  std::vector<Tensor> state_;  // one tensor per slot: the parameters end to end, each padded to whole blocks
};

}  // namespace gradus::inline GRADUS_PRECISION
