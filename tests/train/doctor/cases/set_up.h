#pragma once

#include <gradus/gradus.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What the tables of cases are made of.

namespace gradus::cases {

/// What a user would give `diagnose`.
struct SetUp {
  std::unique_ptr<Layer> model;
  Dataset data;
  std::unique_ptr<Optimizer> optimizer;
  DiagnoseOptions options{.batch_size = 64};  ///< without data and optimizer
  std::string text{};                         ///< what was drawn

  DiagnoseOptions all_options() const {
    DiagnoseOptions all = options;
    all.dataset = &data;
    all.optimizer = optimizer.get();
    return all;
  }
};

struct Fault {
  std::string name;
  std::vector<std::string_view> rules;  ///< one of which must speak
  std::function<SetUp()> make;
};
struct Sound {
  std::string name;
  std::function<SetUp()> make;
};

/// Fully connected, normalization before the activation.
struct Net {
  Index inputs = 784;
  Index outputs = 10;
  std::vector<Index> hidden{128, 64};
  std::string activation = "relu";
  std::string initializer = "glorot_uniform";
  std::string normalization = "none";  ///< batch, renormalization, layer, group, rms
  double dropout = 0;
  double l2 = 0;
  bool residual = false;  ///< all hidden layers but the first are residual blocks, of equal width
};
std::unique_ptr<Layer> make(const Net& net);

template <class... Layers>
std::unique_ptr<Layer> sequence(Layers&&... layers) {
  return std::make_unique<Sequential>(std::forward<Layers>(layers)...);
}
template <class T, class Options>
std::unique_ptr<Optimizer> by(const Options& options) {
  return std::make_unique<T>(options);
}

/// x + dense(relu(normalization(dense(x)))), which alone knows the order of its children.
class Residual : public Layer {
 public:
  struct Options {
    Index units = 64;
    bool normalized = false;
    bool bias = false;   ///< of the first Dense
    double dropout = 0;  ///< before the normalization
    std::string activation = "relu";
  };
  explicit Residual(const Options& options);
  Children children() override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Dense first_, second_;
  std::unique_ptr<BatchNormalization> normalization_;
  Dropout dropout_;
  Activation activation_;
};

/// w -= rate * sign(g), an optimizer of a user's own.
class SignDescent : public Optimizer {
 public:
  explicit SignDescent(double learning_rate) : Optimizer("sign_descent", 0, learning_rate) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override { return std::make_unique<SignDescent>(learning_rate()); }
  void update(const Part& part) const override;
};

struct Clip : Callback {
  explicit Clip(double limit) : max_norm(limit) {}
  void on_gradients(TrainingState& state) override { clip_by_global_norm(state.model.parameters(), max_norm); }
  double max_norm;
};

// Data. All are made once.
const Dataset& digits();      ///< 2048
const Dataset& clothing();    ///< 500
const Dataset& two_moons();   ///< 512
const Dataset& regression();  ///< 1024 rows of Friedman's function, standardized inputs and targets
const Dataset& table();       ///< 1024 rows of 12 features and 3 classes, one constant
/// Inputs a x + b.
Dataset moved(const Dataset& data, double a, double b = 0);
/// Targets a y + b.
Dataset with_targets(const Dataset& data, double a, double b = 0);

std::vector<Fault> faults();
std::vector<Fault> asked_faults();
std::vector<Fault> unseen_faults();
std::vector<Sound> sound_set_ups();
std::vector<Sound> sound_kinds();
std::vector<Sound> settings();

inline std::unique_ptr<Optimizer> adam(double rate = 1e-3) { return by<Adam>(AdamOptions{.learning_rate = rate}); }
inline std::unique_ptr<Optimizer> sgd(double rate, double momentum = 0) {
  return by<SGD>(SGDOptions{.learning_rate = rate, .momentum = momentum});
}

inline Dataset images() { return digits().with_shape({28, 28, 1}).take(512); }

/// Targets by a function of the inputs of a sample.
template <class F>
Dataset with_targets_of(const Dataset& data, Index width, F f) {
  const Batch all = data.batch();
  Tensor targets = Tensor::empty({data.size(), width});
  const Index features = data.sample_shape().size();
  for (Index i = 0; i < data.size(); ++i) {
    f(all.inputs.data() + i * features, data.label(i), targets.data() + i * width);
  }
  return {all.inputs, targets};
}

}  // namespace gradus::cases
