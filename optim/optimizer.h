#pragma once

#include <gradus/autograd/parameter.h>
#include <gradus/core/tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Moves the parameters of one model along their gradients. It changes their values and its own state and nothing
/// else; gradients are never written. Optimizers can be moved, not copied. One of one's own overrides `update`:
///
///     class SignDescent : public Optimizer {
///      public:
///       explicit SignDescent(double learning_rate) : Optimizer("sign_descent", 0, learning_rate) {}
///      private:
///       void update(const Part& part) const override {
///         const Real rate = static_cast<Real>(learning_rate());
///         for (Index i = 0; i < part.size; ++i) part.weight[i] -= std::copysign(rate, part.gradient[i]);
///       }
///     };
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Moves every trainable parameter once; frozen ones, and their state, stay as they are. All parameters are one
  /// parallel loop, which allocates nothing after the first step. Throws StateError unless the parameters are those
  /// of the first step, ShapeError for a gradient that has not its parameter's shape; then nothing has moved.
  void step(Parameters parameters);

  /// In lower case, as error texts name it: "adam".
  const std::string& name() const { return name_; }
  /// Steps taken.
  std::int64_t steps() const { return steps_; }

  double learning_rate() const { return learning_rate_; }
  /// Throws ValueError unless 0 <= learning_rate <= 1000. At 0 the parameters rest while the state goes on.
  void set_learning_rate(double learning_rate);

 protected:
  static constexpr std::size_t most_slots = 3;

  /// Neighbouring elements of one parameter, of their gradient, and of the state, which starts as zeros.
  struct Part {
    Real* weight;
    const Real* gradient;
    std::array<Real*, most_slots> state;  ///< as many as there are slots, else null
    Index size;
    double decay;  ///< the weight decay that applies here: none for parameters of one axis, unless `decay_all`
  };

  /// `slots` numbers of state for every number of the parameters, at most 3. Throws ValueError, with `name`, unless
  /// 0 < learning_rate <= 1000 and 0 <= weight_decay < infinity.
  Optimizer(std::string name, std::size_t slots, double learning_rate, double weight_decay = 0, bool decay_all = false);
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

 private:
  /// Works out what is the same for all weights of step `steps()`, before any is moved.
  virtual void begin_step() {}
  /// Moves one part in step `steps()`, counted from 1. Runs on many threads at once, and parameters are cut anywhere:
  /// what becomes of an element may depend on nothing but this element.
  virtual void update(const Part& part) const = 0;

  void update_in_blocks(Part part) const;
  void remember(Parameters parameters, Index size);
  bool remembers(Parameters parameters) const;

  std::string name_;
  std::size_t slots_;
  double learning_rate_;
  double weight_decay_;
  bool decay_all_;
  std::int64_t steps_ = 0;
  std::vector<std::pair<const Parameter*, Index>> known_;  // the parameters of the first step and their sizes
  std::vector<Tensor> state_;  // a tensor per slot: the parameters end to end, each padded to whole blocks
};

}  // namespace gradus::inline GRADUS_PRECISION
