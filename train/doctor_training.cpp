#include <gradus/train/doctor_rules.h>

#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/sgd.h>
#include <gradus/train/loss.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr int steps = 10;

/// Puts weights, gradients, buffers and the default generator back.
class Snapshot {
 public:
  explicit Snapshot(Layer& model) {
    for (Parameter& weight : model.parameters()) {
      keep(weight.value());
      keep(weight.gradient());
    }
    for (Parameter& buffer : model.buffers()) keep(buffer.value());
    default_generator() = Generator(0);  // the same masks whatever was drawn before
  }
  ~Snapshot() {
    for (auto& [tensor, before] : kept_) tensor.copy_from(before);
    default_generator() = generator_;
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  void keep(const Tensor& tensor) { kept_.emplace_back(tensor, tensor.clone()); }

  std::vector<std::pair<Tensor, Tensor>> kept_;
  Generator generator_ = default_generator();
};

/// More samples than a small batch has, so that "for every sample" means something.
DataLoader samples(const DiagnoseOptions& options) {
  const Index size = std::clamp<Index>(options.batch_size, 128, 1024);
  return DataLoader(
      *options.dataset,
      {.batch_size = std::min(size, options.dataset->size()), .shuffle = true, .drop_last = true, .seed = 0});
}

struct InputMoments : ForwardObserver {
  explicit InputMoments(const Layer& observed) : layer(observed) {}
  void on_output(Layer& called, const Variable& x, const Variable&) override {
    if (&called == &layer) features = feature_moments(x.value());
  }
  const Layer& layer;
  std::vector<Moments> features;
};

/// The optimizer that takes the first steps in place of the given one, whose state must not change.
std::unique_ptr<Optimizer> like(const Optimizer* optimizer) {
  if (optimizer == nullptr) return std::make_unique<SGD>();
  std::unique_ptr<Optimizer> result;
  if (optimizer->name() == "sgd") {
    result = std::make_unique<SGD>();
  } else {
    result = std::make_unique<Adam>();
  }
  result->set_learning_rate(optimizer->learning_rate());
  return result;
}

/// Watches for units that have stopped to answer.
class UnitObserver : public ForwardObserver {
 public:
  UnitObserver(const Layer* last, Findings& findings) : last_(last), findings_(findings) {}

  void on_output(Layer& layer, const Variable&, const Variable& y) override {
    const std::string function = activation_of(layer);
    if (&layer == last_) return;  // an output may well be at its limits
    if (function == "relu") look_for_dead(layer, y.value());
    if (function == "sigmoid" || function == "tanh") look_for_saturated(layer, y.value(), function);
  }

 private:
  static constexpr double most = 0.4;

  void look_for_dead(const Layer& layer, const Tensor& y) {
    const std::vector<Moments> units = feature_moments(y);
    const auto dead = std::ranges::count_if(units, [](const Moments& m) { return m.mean == 0; });
    if (static_cast<double>(dead) <= most * static_cast<double>(units.size())) return;
    findings_.push_back({"dead_units", layer.name(),
                         fmt::format("after {} steps {} of {} ReLUs are 0 for each of {} samples", steps, dead,
                                     units.size(), y.shape()[0]),
                         "A ReLU that is 0 everywhere gets no gradient and cannot come back (Maas et al. 2013).",
                         "BatchNormalization{} before Activation{\"relu\"}; or Activation{\"leaky_relu\"}; or a lower "
                         ".learning_rate"});
  }

  void look_for_saturated(const Layer& layer, const Tensor& y, const std::string& function) {
    const auto saturated = std::ranges::count_if(
        y.values(), [&](Real v) { return std::abs(function == "tanh" ? v : 2 * v - 1) > Real(0.99); });
    const double share = static_cast<double>(saturated) / static_cast<double>(y.size());
    if (share <= most) return;
    findings_.push_back({"saturated_units", layer.name(),
                         fmt::format("after {} steps {:.0f} % of the outputs are beyond 0.99 of the range of {}", steps,
                                     100 * share, function),
                         "There the function is flat, and next to no gradient comes through (Glorot & Bengio 2010).",
                         fmt::format("BatchNormalization{{}} before Activation{{\"{}\"}}; or .kernel_initializer = "
                                     "\"glorot_uniform\"",
                                     function)});
  }

  const Layer* last_;
  Findings& findings_;
};

struct KernelGradient {
  const Parameter* kernel;
  double sum_of_squares = 0;
  double root_mean_square() const {
    return std::sqrt(sum_of_squares / (steps * static_cast<double>(kernel->value().size())));
  }
};

void compare_gradients(const std::vector<KernelGradient>& gradients, Findings& findings) {
  if (gradients.size() < 3) return;
  const KernelGradient &first = gradients[0], &last_hidden = gradients[gradients.size() - 2];
  const double a = first.root_mean_square(), b = last_hidden.root_mean_square();
  const bool vanishing = a < 1e-3 * b;
  if (!vanishing && !(a > 1e3 * b)) return;
  const std::string name = first.kernel->name();
  findings.push_back(
      {vanishing ? "vanishing_gradients" : "exploding_gradients", name.substr(0, name.rfind('.')),
       fmt::format("over {} steps the gradient of {} has a root mean square of {:.2g}, that of {} one of {:.2g}", steps,
                   name, a, last_hidden.kernel->name(), b),
       "Every layer multiplies the gradient by its weights and slopes, so that it shrinks or grows with depth (Glorot "
       "& "
       "Bengio 2010).",
       vanishing ? "BatchNormalization{} before each activation; or Activation{\"relu\"} with .kernel_initializer = "
                   "\"he_normal\""
                 : "BatchNormalization{} before each activation; or clip_by_global_norm(model.parameters(), 1)"});
}

}  // namespace

std::vector<Moments> feature_moments(const Tensor& x) {
  const Index features = x.shape()[-1], rows = x.size() / features;
  std::vector<Moments> result(static_cast<std::size_t>(features), Moments{0, 0});
  const auto add = [&](auto term) {
    for (Index i = 0; i < x.size(); ++i) term(result[static_cast<std::size_t>(i % features)], double{x.data()[i]});
  };
  const auto n = static_cast<double>(rows);
  add([&](Moments& m, double v) { m.mean += v / n; });
  add([&](Moments& m, double v) { m.variance += (v - m.mean) * (v - m.mean) / n; });
  return result;
}

Moments training_input_moments(const Examination& examination, const Layer& layer) {
  const Snapshot snapshot(examination.model);
  const StopRecording pause;
  InputMoments observer(layer);
  examination.model(samples(examination.options).begin()->inputs, Mode::training);
  Moments mean_of{0, 0};
  for (const Moments& feature : observer.features) {
    const auto n = static_cast<double>(observer.features.size());
    mean_of.mean += feature.mean * feature.mean / n;
    mean_of.variance += feature.variance / n;
  }
  return {std::sqrt(mean_of.mean), mean_of.variance};
}

void examine_data(const Examination& examination, Findings& findings) {
  const Dataset& data = *examination.options.dataset;
  if (!examination.places.empty() && dynamic_cast<BatchNormalization*>(examination.places[0].layer) != nullptr) return;
  const Index n = std::min<Index>(data.size(), 1024);
  std::vector<Index> positions;
  for (Index i = 0; i < n; ++i) positions.push_back(i * data.size() / n);
  const std::vector<Moments> features =
      feature_moments(data.batch(positions).inputs.reshape({n, data.sample_shape().size()}));

  const auto size = [](const Moments& m) { return std::max(std::abs(m.mean), std::sqrt(m.variance)); };
  const auto worst = std::ranges::max_element(features, {}, size);
  const double largest = std::sqrt(std::ranges::max(features, {}, &Moments::variance).variance);
  if (size(*worst) <= 10 && (largest == 0 || largest >= 0.01)) return;
  findings.push_back(
      {"data_not_scaled", "data",
       fmt::format("feature {} of {}, counted from 0, has mean {:.4g} and standard deviation {:.4g}",
                   worst - features.begin(), features.size(), worst->mean, std::sqrt(worst->variance)),
       "Weights and learning rates fit inputs around 0 of order 1; others make training slow or unstable "
       "(LeCun et al. 1998, section 4.3).",
       "const Standardization standardize(train); train = standardize(train);"});
}

void examine_first_steps(const Examination& examination, Findings& findings) {
  DataLoader loader = samples(examination.options);
  if (loader.batch_size() == 1) return;  // no statistics of one sample
  const Snapshot snapshot(examination.model);
  const std::unique_ptr<Optimizer> optimizer = like(examination.options.optimizer);
  const Loss loss_function = loss_by_name(examination.loss);
  std::vector<KernelGradient> gradients;
  for (const Parameter& weight : examination.model.parameters()) {
    if (weight.trainable() && weight.shape().rank() >= 2) gradients.push_back({&weight});
  }

  double first_loss = 0, loss_of_zeros = 0, loss = 0;
  const auto diverges = [&] { return !(loss <= 10 * std::max(first_loss, loss_of_zeros)); };
  int taken = 0;
  while (taken <= steps && !diverges()) {  // once more than steps, for the loss after the last
    for (const Batch& batch : loader) {
      GradientTape tape;
      const Variable outputs = examination.model(batch.inputs, Mode::training);
      const Variable batch_loss = loss_function(outputs, batch.labels);
      loss = batch_loss.value().item();
      if (taken == 0) {
        first_loss = loss;
        loss_of_zeros = loss_function(Tensor::zeros(outputs.shape()), batch.labels).value().item();
      }
      if (diverges() || taken++ == steps) break;
      tape.backward(batch_loss);
      for (KernelGradient& gradient : gradients) {
        for (const Real v : gradient.kernel->gradient().values()) gradient.sum_of_squares += double{v} * double{v};
      }
      optimizer->step(examination.model.parameters());
    }
  }

  if (examination.loss == "softmax_cross_entropy" && !(first_loss <= 2 * loss_of_zeros + 1)) {
    findings.push_back(
        {"loss_at_start", "model",
         fmt::format("the loss before the first step is {:.4g}; outputs that prefer no class give ln({}) "
                     "= {:.4g}",
                     first_loss, examination.options.dataset->classes(), loss_of_zeros),
         "A network that knows nothing yet should say so; one that starts sure of wrong answers first has "
         "to unlearn them (Karpathy 2019, A recipe for training neural networks).",
         ".kernel_initializer = \"glorot_uniform\", and scaled inputs"});
  }
  if (diverges()) {
    findings.push_back(
        {"diverging_loss", "optimizer",
         fmt::format("at learning rate {} the loss goes from {:.4g} to {:.4g} in {} steps", optimizer->learning_rate(),
                     first_loss, loss, taken),
         "Above a certain rate every step overshoots the valley by more than the last (LeCun et al. 1998, "
         "section 5.1).",
         fmt::format(".learning_rate = {:.2g}", optimizer->learning_rate() / 10)});
    return;  // what is wrong with units and gradients then is a consequence
  }
  compare_gradients(gradients, findings);
  const StopRecording pause;
  UnitObserver observer(examination.last, findings);
  examination.model(loader.begin()->inputs, Mode::training);
}

}  // namespace gradus::inline GRADUS_PRECISION
