#include "layer_values.h"

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace study {

namespace {

class Listener : public ForwardObserver {
 public:
  explicit Listener(std::string_view type) : type_(type) {}

  void on_output(Layer& layer, const Variable& x, const Variable& y) override {
    if (layer.type() != type_) return;
    inputs.push_back(x.value());
    outputs.push_back(y.value());
  }

  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;

 private:
  std::string_view type_;
};

class Watcher : public ForwardObserver {
 public:
  Watcher(std::string_view type, GradientTape& tape) : type_(type), tape_(tape) {}

  void on_output(Layer& layer, const Variable& x, const Variable&) override {
    if (layer.type() != type_) return;
    tape_.watch(x);
    inputs.push_back(x);
  }

  std::vector<Variable> inputs;

 private:
  std::string_view type_;
  GradientTape& tape_;
};

}  // namespace

std::vector<Tensor> inputs_of(std::string_view type, Layer& model, const Tensor& batch, Mode mode) {
  const StopRecording pause;
  Listener listener(type);
  model(batch, mode);
  return std::move(listener.inputs);
}

std::vector<Tensor> outputs_of(std::string_view type, Layer& model, const Tensor& batch, Mode mode) {
  const StopRecording pause;
  Listener listener(type);
  model(batch, mode);
  return std::move(listener.outputs);
}

std::vector<Tensor> gradients_of_inputs_of(std::string_view type, Layer& model, const Batch& batch) {
  GradientTape tape;
  Watcher watcher(type, tape);
  tape.backward(softmax_cross_entropy(model(batch.inputs, Mode::training), batch.labels));
  std::vector<Tensor> gradients;
  for (const Variable& x : watcher.inputs) gradients.push_back(tape.gradient(x));
  return gradients;
}

std::vector<double> unit_values(const Tensor& x, Index unit) {
  std::vector<double> values;
  for (Index row = 0; row < x.shape()[0]; ++row) values.push_back(x.at({row, unit}));
  return values;
}

double relative_difference(const Tensor& a, const Tensor& b) {
  double max_difference = 0;
  double max_value = 0;
  for (std::size_t i = 0; i < b.values().size(); ++i) {
    max_difference = std::max(max_difference, std::abs(static_cast<double>(a.values()[i]) - b.values()[i]));
    max_value = std::max(max_value, std::abs(static_cast<double>(b.values()[i])));
  }
  return max_difference / max_value;
}

}  // namespace study
