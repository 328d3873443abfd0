#include <gradus/train/doctor/cures.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::vector<Cure> learning_rates(const Examination& examination, std::initializer_list<double> factors) {
  std::vector<Cure> cures;
  for (const double factor : factors) cures.push_back(learning_rate(examination, factor));
  return cures;
}

/// "2.37, 18, 5e+04, nan", the first few.
std::string first_losses(const std::vector<double>& losses) {
  const std::size_t largest = static_cast<std::size_t>(std::ranges::max_element(losses) - losses.begin());
  std::string text;
  for (std::size_t i = 0; i < losses.size() && i < 6; ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ",
                        std::isfinite(losses[i]) ? fmt::format("{:.3g}", losses[i]) : "not finite");
  }
  if (losses.size() <= 6) return text;
  if (!std::isfinite(losses.back())) return text + fmt::format(", not finite in step {}", losses.size());
  return largest < 6 ? text : text + fmt::format(", {:.3g} in step {}", losses[largest], largest + 1);
}

/// Next to no progress.
bool stands_still(const FirstSteps& steps) {
  return steps.trial.after >= 0.97 * steps.start && steps.trial.after <= 1.1 * steps.start;
}

/// Of these steps, the first ones or more.
void diverging_loss(Examination& examination, const Baseline& steps) {
  const Trial& trial = steps.trial;
  Finding finding{"diverging_loss",
                  "optimizer",
                  fmt::format("at learning rate {:.4g} the losses are {}", examination.first_steps->rate,
                              first_losses(trial.losses)),
                  "Above a certain rate every step overshoots the minimum by more than the last (LeCun et al. "
                  "1998, section 5.1).",
                  {}};
  if (!std::isfinite(trial.after)) {
    finding.cure = "a lower learning rate alone does not help: look at the inputs, the targets and the loss";
  }
  const bool at_once = &steps == &*examination.first_steps;
  std::vector<Cure> cures = learning_rates(examination, {0.3, 0.1, 0.03});  // what diverges late is not far off
  if (at_once) {
    cures = learning_rates(examination, {0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4});
    cures.push_back(initial_weights(examination, "glorot_uniform"));
  }
  treat(examination, std::move(finding), cures, at_once ? Kind::symptom : Kind::standstill);
}

/// A loss that falls below 0 without end.
bool falls_without_end(Examination& examination) {
  const FirstSteps& steps = *examination.first_steps;
  const std::vector<double>& losses = steps.trial.losses;
  const bool falls = losses.front() < 0 && std::ranges::all_of(losses, [&](double loss) { return !(loss > 0); }) &&
                     !(losses.back() > 10 * losses.front());
  if (!falls || steps.start >= 0) return false;
  examination.findings.push_back(
      {"diverging_loss", "model", fmt::format("the losses are {}", first_losses(losses)),
       "Training makes the loss as small as it can; one that falls without end rewards being wrong (Goodfellow et al. "
       "2016, section 4.3).",
       "the loss with the other sign, if errors make it smaller"});
  return examination.explained = true;
}

/// The rate of a schedule is next to nothing after a few of the steps that are planned.
void decaying_schedule(Examination& examination) {
  const FirstSteps& steps = *examination.first_steps;
  const bool decays = steps.scheduled && steps.last_rate < 0.2 * steps.rate;
  if (!decays || planned_steps(examination.options) < examination.steps) return;
  treat(
      examination,
      finding_of("low_learning_rate", "optimizer",
                 fmt::format("the schedule takes the learning rate from {:.4g} to {:.2g} in {} steps", steps.rate,
                             steps.last_rate, examination.steps),
                 "The steps are too short to get anywhere in the time of a training (LeCun et al. 1998, section 4.7)."),
      {{fmt::format("a schedule that lasts as long as the training; the rate alone is {:.4g}", steps.rate),
        [rate = steps.rate](TrainingSetup& setup) {
          setup.callbacks.clear();
          setup.optimizer->set_learning_rate(rate);
          return true;
        }}},
      Kind::symptom, 0.9);
}

/// Half of the loss, or less, at a lower rate. Or the loss has risen again after more steps.
void high_learning_rate(Examination& examination) {
  const FirstSteps& steps = *examination.first_steps;
  if (examination.options.optimizer == nullptr) return;
  const double later = longer_steps(examination, 0).trial.after;
  const bool rises = later > 1.5 * steps.trial.after;
  const std::string and_then = rises ? fmt::format(", and to {:.3g} in {}", later, examination.long_steps) : "";
  treat(
      examination,
      finding_of(
          "high_learning_rate", "optimizer",
          fmt::format("at learning rate {:.4g} the loss goes from {:.3g} to {:.3g} in {} steps{}", steps.rate,
                      steps.start, steps.trial.after, examination.steps, and_then),
          "A step that is too large leaves the valley that the gradient points into (LeCun et al. 1998, section 5.1)."),
      learning_rates(examination, {0.3, 0.1, 0.03, 0.01}), rises ? Kind::standstill : Kind::symptom, 0.5);
}

/// Next to no progress, and much at a rate that is 100 times as high or more: 10 times as high is better for many a
/// sound rate, in the first steps.
void low_learning_rate(Examination& examination) {
  const FirstSteps& steps = *examination.first_steps;
  if (examination.options.optimizer == nullptr || examination.trained()) return;
  if (!stands_still(steps)) return;
  std::vector<Cure> cures{without_callbacks()};
  for (const double factor : {1e2, 1e3, 1e4, 1e5, 1e6}) {
    if (!steps.scheduled || factor <= 1e4) cures.push_back(learning_rate(examination, factor));
  }
  treat(
      examination,
      finding_of("low_learning_rate", "optimizer",
                 fmt::format("at learning rate {:.4g} the loss goes from {:.4g} to {:.4g} in {} steps", steps.rate,
                             steps.start, steps.trial.after, examination.steps),
                 "The steps are too short to get anywhere in the time of a training (LeCun et al. 1998, section 4.7)."),
      cures, Kind::symptom, 0.7);
}

void loss_at_start(Examination& examination) {
  const FirstSteps& steps = *examination.first_steps;
  if (examination.loss.name() != "softmax_cross_entropy" || examination.trained()) return;
  if (steps.start <= 2 * steps.loss_of_zeros + 1) return;
  treat(
      examination,
      finding_of(
          "loss_at_start", "model",
          fmt::format("the loss before the first step is {:.4g}, that of no opinion is ln({}) = {:.4g}", steps.start,
                      examination.options.dataset->classes(), steps.loss_of_zeros),
          "A network that knows nothing and is sure of its answers first has to unlearn them (Karpathy 2019, A recipe "
          "for training neural networks)."),
      {initial_weights(examination, "glorot_uniform"), initial_weights(examination, "he_normal")}, Kind::symptom);
}

double root_mean_square(const Examination& examination, const FirstSteps::Kernel& kernel) {
  const auto count = static_cast<double>(examination.steps * kernel.parameter->value().size());
  return std::sqrt(kernel.squares / count);
}

std::vector<Cure> cures_of_depth(const Examination& examination, const std::string& function) {
  std::vector<Cure> cures{normalized(examination), initial_weights(examination, "glorot_uniform"),
                          initial_weights(examination, "he_normal")};
  if (function == "linear" || function == "relu") return cures;
  cures.push_back(both(cures.back(), activations(examination, function, "relu")));
  return cures;
}

/// The function of most hidden activations.
std::string hidden_function(const Examination& examination) {
  return examination.first_steps->units.empty() ? "linear"
                                                : activation_of(*examination.first_steps->units.front().layer);
}

/// The normalizations' beta as it begins.
Cure initial_beta(const Examination& examination) {
  std::vector<Parameter*> betas;
  for (const Place& place : examination.places) {
    if (by_batch(place.layer) == nullptr) continue;
    for (Parameter& weight : place.layer->parameters()) {
      if (weight.name().ends_with("beta")) betas.push_back(&weight);
    }
  }
  return {".beta_initializer = \"zeros\"", [betas](TrainingSetup&) {
            for (Parameter* beta : betas) beta->value().copy_from(Tensor::zeros(beta->shape()));
            return !betas.empty();
          }};
}

/// Which has a rule of its own.
bool has_dead_layer(const FirstSteps& steps) {
  return std::ranges::any_of(steps.units, [](const auto& units) { return units.dead > 0.5; });
}

void no_gradients(Examination& examination) {
  const auto& kernels = examination.first_steps->kernels;
  const auto none = [](const FirstSteps::Kernel& kernel) { return kernel.squares == 0; };
  const std::ptrdiff_t count = std::ranges::count_if(kernels, none), all = std::ssize(kernels);
  if (count == 0 || (count < all && has_dead_layer(*examination.first_steps))) return;
  const std::string which = count == all ? "all kernels"
                            : count == 1 ? std::ranges::find_if(kernels, none)->parameter->name()
                                         : fmt::format("{} of {} kernels", count, all);
  Finding finding{
      "no_gradients", "model", fmt::format("in {} steps the gradients of {} are 0", examination.steps, which),
      "Units that are 0 for every sample, or a function at its limit, let no gradient through: nothing is learnt "
      "(Glorot & Bengio 2010).",
      count == all ? "other initial weights, or an activation with a slope everywhere"
                   : "nothing that cuts the gradient behind them; or freeze() for what is not to learn"};
  std::vector<Cure> cures{initial_beta(examination)};
  for (Cure& cure : cures_of_depth(examination, hidden_function(examination))) cures.push_back(std::move(cure));
  cures.push_back(activations(examination, "relu", "leaky_relu"));
  treat(examination, std::move(finding), cures, Kind::symptom);
  examination.explained = true;
}

void compare_gradients(Examination& examination) {
  const auto& kernels = examination.first_steps->kernels;
  if (kernels.size() < 3) return;
  const auto& first = kernels.front();
  const auto& last = kernels[kernels.size() - 2];  // hidden
  const double a = root_mean_square(examination, first), b = root_mean_square(examination, last);
  const FirstSteps& steps = *examination.first_steps;
  // Signals that vanish on their way forward leave nothing to multiply the gradient of any kernel with.
  const bool still = stands_still(steps), forward = steps.deviation < 1e-3 && still && !has_dead_layer(steps);
  const bool vanishing = a < b / 50 || forward;
  if (!vanishing && !(a > 1000 * b)) return;
  const std::string& name = first.parameter->name();
  std::string what = fmt::format("root mean square over {} steps of the gradient of {}: {:.2g}, of {}: {:.2g}",
                                 examination.steps, name, a, last.parameter->name(), b);
  if (forward) what += fmt::format("; the outputs differ by {:.2g} from sample to sample", steps.deviation);
  treat(examination,
        finding_of(vanishing ? "vanishing_gradients" : "exploding_gradients", name.substr(0, name.rfind('.')), what,
                   "Every layer multiplies the gradient by weights and slopes, so that it shrinks or grows with depth "
                   "(Glorot & Bengio 2010)."),
        cures_of_depth(examination, hidden_function(examination)), still ? Kind::standstill : Kind::symptom,
        still ? 0.9 : 0.8);
}

/// Of layers of more than 8 units, all in one finding: a share of a few is a matter of chance.
void look_at_units(Examination& examination, double FirstSteps::Units::*share, const char* rule, const char* what,
                   const char* why, const std::vector<Cure>& cures) {
  std::vector<FirstSteps::Units> found;
  for (const auto& units : examination.first_steps->units) {
    if (units.count > 8 && units.*share > 0.5) found.push_back(units);
  }
  if (found.empty()) return;
  const auto& worst = *std::ranges::max_element(found, {}, share);
  const std::string more =
      found.size() > 1 ? fmt::format(", and more than half in {} layers more", found.size() - 1) : "";
  treat(examination,
        finding_of(rule, worst.layer->name(),
                   fmt::format("after {} steps {:.0f} % of {}{}", examination.steps, 100 * (worst.*share), what, more),
                   why),
        cures, Kind::symptom);
}

}  // namespace

void examine_first_steps(Examination& examination) {
  // One cause, one finding: what follows is said only where nothing before it explains the training.
  const auto unless_explained = [&](auto rule) {
    if (!examination.explained) rule(examination);
  };
  if (falls_without_end(examination)) return;
  const auto diverges_in = [&](const Baseline& steps) {
    if (!diverges(examination, steps, steps.trial)) return false;
    unless_explained([&](Examination& e) { diverging_loss(e, steps); });
    return true;
  };
  if (diverges_in(*examination.first_steps)) return;
  unless_explained(no_gradients);
  // Momentum takes a while to carry a training away.
  if (!examination.explained && diverges_in(longer_steps(examination, 0))) return;
  unless_explained(decaying_schedule);
  const double good = 0.3 * examination.first_steps->loss_of_zeros;
  if (examination.first_steps->trial.after < good && !(longer_steps(examination, 0).trial.after > good)) return;
  unless_explained(loss_at_start);
  unless_explained(high_learning_rate);
  unless_explained(compare_gradients);
  unless_explained([](Examination& e) {
    std::vector<Cure> cures = learning_rates(e, {0.3, 0.1});
    cures.push_back(activations(e, "relu", "leaky_relu"));
    cures.push_back(normalized(e));
    cures.push_back(initial_beta(e));
    cures.push_back(initial_weights(e, "he_normal"));
    look_at_units(e, &FirstSteps::Units::dead, "dead_units", "the ReLUs are 0 for every sample",
                  "A ReLU that is always 0 gets no gradient and cannot come back (Maas et al. 2013).", cures);
  });
  unless_explained([](Examination& e) {
    look_at_units(e, &FirstSteps::Units::saturated, "saturated_units",
                  "the outputs are beyond 0.99 of the function's range",
                  "The function is flat there and lets next to no gradient through (Glorot & Bengio 2010).",
                  {initial_weights(e, "glorot_uniform"), normalized(e)});
  });
  unless_explained(low_learning_rate);
}

}  // namespace gradus::inline GRADUS_PRECISION
