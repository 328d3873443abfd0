#pragma once

#include <gradus/autograd/parameter_list.h>
#include <gradus/core/tensor.h>
#include <gradus/optim/known_parameters.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Which parameters decay. A rule of one's own is any function:
///     .decay_rule = [](const Parameter& parameter) { return parameter.name().starts_with("dense"); }
using DecayRule = bool (*)(const Parameter& parameter);
/// Parameters of more than one axis: not gamma, beta and biases. This is what optimizers do unless told.
bool decay_kernels(const Parameter& parameter);
/// All parameters, as in PyTorch.
bool decay_all(const Parameter& parameter);

/// Decoupled (Loshchilov & Hutter 2019), as Keras decays: w -= learning_rate * amount * w, beside the step.
/// Otherwise L2: adds amount * w to the gradient used (the parameter's own stays as it is).
struct WeightDecay {
  double amount = 0;
  bool decoupled = true;
  DecayRule rule = decay_kernels;
};

/// Moves the parameters of one model along their gradients. It changes their values and its own state and nothing
/// else; gradients are never written. Optimizers can be moved, not copied. One of one's own overrides `update`:
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

  /// Moves every trainable parameter once; frozen ones, and their state, stay as they are. All parameters are one
  /// parallel loop, which allocates nothing after the first step. Throws StateError unless the parameters are those
  /// of the first step, ShapeError for a gradient that has not its parameter's shape; then nothing has moved. An
  /// exception of a custom `update` or decay rule is rethrown once all threads are done; the parameters have then moved
  /// in part.
  void step(Parameters parameters);

  /// In lower case, as error texts name it: "adam".
  const std::string& name() const { return name_; }
  /// Steps taken.
  std::int64_t steps() const { return steps_; }

  double learning_rate() const { return learning_rate_; }
  /// Throws ValueError unless 0 <= learning_rate <= 1000. At 0 the parameters rest while the state goes on.
  void set_learning_rate(double learning_rate);

  /// These parameters move at the learning rate times the multiplier, for any schedule. At 0 they rest while their
  /// state goes on. Throws ValueError unless 0 <= multiplier < infinity.
  ///
  ///     optimizer.set_learning_rate_multiplier(model.layer("encoder").parameters(), 0.1);
  void set_learning_rate_multiplier(Parameters parameters, double multiplier);
  /// 1 unless set.
  double learning_rate_multiplier(const Parameter& parameter) const;

  double weight_decay() const { return weight_decay_.amount; }
  /// Whether it applies to this parameter.
  bool decays(const Parameter& parameter) const { return weight_decay() > 0 && weight_decay_.rule(parameter); }

 protected:
  static constexpr std::size_t max_slots = 3;

  /// Neighbouring elements of one parameter, of their gradient, and of the state, which starts as zeros.
  struct Part {
    Real* weight;
    const Real* gradient;
    std::array<Real*, max_slots> state;  ///< as many as there are slots, else null
    Index size;
    double learning_rate;  ///< times the multiplier of the parameter
    Real l2;               ///< weight decay that is not decoupled: the gradient to use is gradient + l2 * weight
    Real shrink;           ///< decoupled weight decay: weight -= shrink * weight, beside the step
  };

  /// `slots` numbers of state for every number of the parameters, at most 3. Throws ValueError, with `name`, unless
  /// 0 < learning_rate <= 1000, 0 <= weight_decay.amount < infinity and there is a rule.
  Optimizer(std::string name, std::size_t slots, double learning_rate, const WeightDecay& weight_decay = {});
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  /// Throw ValueError unless 0 <= value < 1, and unless 1e-30 <= epsilon < 1e6.
  void check_share(std::string_view option, double value) const;
  void check_epsilon(double epsilon) const;

 private:
  /// Works out what is the same for all weights of step `steps()`, before any is moved.
  virtual void begin_step() {}
  /// Moves one part in step `steps()`, counted from 1. Runs on many threads at once, and parameters are cut anywhere:
  /// what becomes of an element may depend on nothing but this element.
  virtual void update(const Part& part) const = 0;

  void update_chunks(Parameters parameters, Index first, Index last);

  std::string name_;
  std::size_t slots_;
  double learning_rate_;
  WeightDecay weight_decay_;
  std::int64_t steps_ = 0;
  std::unordered_map<std::uint64_t, double> multipliers_;  // by the ids of parameters
  KnownParameters known_;                                  // those of the first step
  std::vector<Tensor> state_;  // a tensor per slot: the parameters end to end, each padded to whole blocks
};

}  // namespace gradus::inline GRADUS_PRECISION
