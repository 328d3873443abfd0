#include <gradus/train/doctor/rules.h>

#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/sgd.h>
#include <gradus/train/loss.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr int steps = 10;

/// Puts weights, gradients, buffers and the default generator back at the end.
class Snapshot {
 public:
  explicit Snapshot(Layer& model) {
    for (NamedTensor& tensor : model.state()) kept_.emplace_back(tensor.value(), tensor.value().clone());
    for (Parameter& parameter : model.parameters()) {
      gradients_.push_back({&parameter, parameter.has_gradient() ? parameter.gradient().clone() : Tensor(),
                            parameter.has_unused_gradient()});
    }
    default_generator() = Generator();  // the same masks whatever was drawn before
  }
  ~Snapshot() {
    for (auto& [tensor, before] : kept_) tensor.copy_from(before);
    for (auto& [parameter, before, unused] : gradients_) {
      parameter->clear_gradient();
      if (before.defined()) parameter->set_gradient(before);
      if (!unused) parameter->use_gradient();
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  KeepGenerator generator_;
  std::vector<std::pair<Tensor, Tensor>> kept_;
  struct Gradient {
    Parameter* parameter;
    Tensor before;  // empty: none
    bool unused;
  };
  std::vector<Gradient> gradients_;
};

/// Calls see(layer, x, y).
template <class See>
struct Observer : ForwardObserver {
  explicit Observer(See function) : see(function) {}
  void on_output(Layer& layer, const Variable& x, const Variable& y) override { see(layer, x.value(), y.value()); }
  See see;
};

/// More samples than a small batch has, so that "for every sample" means something.
DataLoader samples(const DiagnoseOptions& options) {
  const Index size = std::min(std::clamp<Index>(options.batch_size, 128, 1024), options.dataset->size());
  return DataLoader(*options.dataset, {.batch_size = size, .shuffle = true, .drop_last = true, .seed = 0});
}

/// Of every feature, the last axis, over all others.
std::vector<Moments> feature_moments(const Tensor& x) {
  std::vector<Moments> result(static_cast<std::size_t>(x.shape()[-1]));
  const auto n = static_cast<double>(x.size()) / static_cast<double>(result.size());
  std::size_t feature = 0;
  const auto next = [&]() -> Moments& { return result[feature++ % result.size()]; };
  for (const Real v : x.values()) next().mean += v / n;
  for (const Real v : x.values()) {
    Moments& moments = next();
    moments.variance += (v - moments.mean) * (v - moments.mean) / n;
  }
  return result;
}

void look_at_units(const Layer& layer, const Tensor& y, Findings& findings) {
  const std::string function = activation_of(layer);
  const auto add_if_many = [&](auto count, auto of, const char* rule, const char* what, const char* why,
                               const char* cure) {
    const double share = static_cast<double>(count) / static_cast<double>(of);
    if (share <= 0.4) return;
    findings.push_back({rule, layer.name(), fmt::format("after {} steps {:.0f} % of {}", steps, 100 * share, what), why,
                        fmt::format("BatchNormalization{{}} before the activation, or {}", cure)});
  };
  if (function == "relu") {
    const std::vector<Moments> units = feature_moments(y);
    add_if_many(std::ranges::count(units, 0.0, &Moments::mean), units.size(), "dead_units",
                "the ReLUs are 0 for every sample",
                "A ReLU that is always 0 gets no gradient and cannot come back (Maas et al. 2013).",
                "Activation{\"leaky_relu\"}, or a lower .learning_rate");
  } else if (function == "sigmoid" || function == "tanh") {
    const auto at_limit = [&](Real v) { return std::abs(function == "tanh" ? v : 2 * v - 1) > Real(0.99); };
    add_if_many(std::ranges::count_if(y.values(), at_limit), y.size(), "saturated_units",
                "the outputs are beyond 0.99 of the function's range",
                "The function is flat there and lets next to no gradient through (Glorot & Bengio 2010).",
                ".kernel_initializer = \"glorot_uniform\"");
  }
}

/// `squares` are the sums of the squares of their gradients.
void compare_gradients(const std::vector<const Parameter*>& kernels, const std::vector<double>& squares,
                       Findings& findings) {
  if (kernels.size() < 3) return;
  const std::size_t last = kernels.size() - 2;  // hidden
  const auto root_mean_square = [&](std::size_t i) {
    return std::sqrt(squares[i] / (steps * static_cast<double>(kernels[i]->shape().size())));
  };
  const double a = root_mean_square(0), b = root_mean_square(last);
  const bool vanishing = a < b / 50;
  if (!vanishing && !(a > 1000 * b)) return;
  const std::string& name = kernels[0]->name();
  findings.push_back(
      {vanishing ? "vanishing_gradients" : "exploding_gradients", name.substr(0, name.rfind('.')),
       fmt::format("root mean square over {} steps of the gradient of {}: {:.2g}, of {}: {:.2g}", steps, name, a,
                   kernels[last]->name(), b),
       "Every layer multiplies the gradient by weights and slopes, so that it shrinks or grows with depth "
       "(Glorot & Bengio 2010).",
       fmt::format("BatchNormalization{{}} before each activation, or {}",
                   vanishing ? "Activation{\"relu\"} with .kernel_initializer = \"he_normal\""
                             : "clip_by_global_norm(model.parameters(), 1)")});
}

}  // namespace

Moments training_input_moments(const Examination& examination, const Layer& layer) {
  const Snapshot snapshot(examination.model);
  const StopRecording pause;
  Moments result;
  const Observer observer([&](const Layer& called, const Tensor& x, const Tensor&) {
    if (&called != &layer) return;
    const std::vector<Moments> features = feature_moments(x);
    for (const Moments& feature : features) {
      result.mean += feature.mean * feature.mean / static_cast<double>(features.size());
      result.variance += feature.variance / static_cast<double>(features.size());
    }
  });
  examination.model(samples(examination.options).begin()->inputs, Mode::training);
  return {std::sqrt(result.mean), result.variance};
}

void examine_data(const Examination& examination, Findings& findings) {
  const Dataset& data = *examination.options.dataset;
  if (!examination.places.empty() && dynamic_cast<BatchNormalization*>(examination.places[0].layer) != nullptr) return;
  const Index n = std::min<Index>(data.size(), 1024);
  std::vector<Index> positions;
  for (Index i = 0; i < n; ++i) positions.push_back(i * data.size() / n);
  const auto features = feature_moments(data.batch(positions).inputs.reshape({n, data.sample_shape().size()}));
  const auto size = [](const Moments& m) { return std::max(std::abs(m.mean), std::sqrt(m.variance)); };
  const auto worst = std::ranges::max_element(features, {}, size);
  const double widest = std::sqrt(std::ranges::max(features, {}, &Moments::variance).variance);
  if (size(*worst) <= 10 && (widest == 0 || widest >= 0.01)) return;
  findings.push_back(
      {"data_not_scaled", "data",
       fmt::format("feature {} of {}, counted from 0, has mean {:.4g} and standard deviation {:.4g}",
                   worst - features.begin(), features.size(), worst->mean, std::sqrt(worst->variance)),
       "Initial weights and learning rates suit inputs around 0 of order 1; others make training slow or "
       "unstable (LeCun et al. 1998, section 4.3).",
       "const Standardization standardize(train); train = standardize(train);"});
}

void examine_first_steps(const Examination& examination, Findings& findings) {
  DataLoader loader = samples(examination.options);
  if (loader.batch_size() == 1) return;  // a batch normalization could not be trained
  const Snapshot snapshot(examination.model);
  const Optimizer* given = examination.options.optimizer;
  std::unique_ptr<Optimizer> optimizer = std::make_unique<SGD>();  // the given one's state must not change
  if (given != nullptr && given->name() != "sgd") optimizer = std::make_unique<Adam>();
  const double usual_rate = optimizer->learning_rate(), rate = given == nullptr ? usual_rate : given->learning_rate();
  optimizer->set_learning_rate(rate);
  const Loss loss_function(examination.loss);
  const Parameters weights = examination.model.parameters();
  const bool frozen = std::ranges::none_of(weights, &Parameter::trainable);
  std::vector<const Parameter*> kernels;
  for (const Parameter& weight : weights) {
    if (weight.trainable() && weight.shape().rank() >= 2) kernels.push_back(&weight);
  }
  std::vector<double> squares(kernels.size());

  const StopRecording pause;  // but for the tapes within
  auto batch = loader.begin();
  const auto output = [&](Mode mode) { return examination.model(batch->inputs, mode); };
  const auto loss_of = [&](const Variable& outputs) { return loss_function(outputs, *batch); };
  const Variable untrained = output(Mode::inference);
  const double inference_loss = loss_of(untrained).value().item();
  const double loss_of_zeros = loss_of(Tensor::zeros(untrained.shape())).value().item();
  const double first_loss = loss_of(output(Mode::training)).value().item();
  for (int step = 0; step < steps && !frozen; ++step) {
    GradientTape tape;
    tape.backward(loss_of(output(Mode::training)));
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      if (!kernels[i]->has_gradient()) continue;
      for (const Real v : kernels[i]->gradient().values()) squares[i] += double{v} * double{v};
    }
    optimizer->step(weights);
    if (++batch == loader.end()) batch = loader.begin();
  }
  Findings units;
  const Observer observer([&](const Layer& layer, const Tensor&, const Tensor& y) {
    if (&layer != examination.last) look_at_units(layer, y, units);  // an output may well be at its limits
  });
  const double last_loss = loss_of(output(Mode::training)).value().item();

  // Without dropout's noise, but with the statistics of the batch: whichever is fairer to the weights.
  const double start = std::min(first_loss, inference_loss);
  if (examination.loss == "softmax_cross_entropy" && !(start <= 2 * loss_of_zeros + 1)) {
    findings.push_back({"loss_at_start", "model",
                        fmt::format("the loss before the first step is {:.4g}, that of no opinion is ln({}) = {:.4g}",
                                    start, examination.options.dataset->classes(), loss_of_zeros),
                        "A network that knows nothing and is sure of its answers first has to unlearn them (Karpathy "
                        "2019, A recipe for training neural networks).",
                        ".kernel_initializer = \"glorot_uniform\", and scaled inputs"});
  }
  if (!(last_loss <= 10 * std::max(first_loss, loss_of_zeros))) {
    findings.push_back({"diverging_loss", "optimizer",
                        fmt::format("at learning rate {} the loss goes from {:.4g} to {:.4g} in {} steps", rate,
                                    first_loss, std::abs(last_loss), steps),  // never "-nan"
                        "Above a certain rate every step overshoots the minimum by more than the last (LeCun et al. "
                        "1998, section 5.1).",
                        fmt::format(".learning_rate = {:.2g}", std::min(usual_rate, rate / 10))});
    return;  // what else there is to see is a consequence
  }
  compare_gradients(kernels, squares, findings);
  findings.insert(findings.end(), units.begin(), units.end());
}

}  // namespace gradus::inline GRADUS_PRECISION
