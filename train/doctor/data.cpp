#include <gradus/train/doctor/cures.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Samples spread over the data, one a row.
Tensor rows(const Dataset& data, Index max) {
  const Tensor inputs = probe(data, max).batch().inputs;
  return inputs.reshape({inputs.shape()[0], data.sample_shape().size()});
}

bool normalizes_inputs(const Examination& examination) {
  return !examination.places.empty() && dynamic_cast<BatchNormalization*>(examination.places[0].layer) != nullptr;
}

/// A value that alone makes ten times the standard deviation of its feature, and is 100 times that of the usual
/// feature. The second leaves out columns that are 0 but for one sample, such as those of rare categories.
bool wild_value(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  constexpr Index max_values = 20'000'000;
  const Index features = data.sample_shape().size();
  const Tensor x = rows(data, std::max<Index>(1024, max_values / std::max<Index>(1, features)));
  const Index n = x.shape()[0];
  if (n < 20) return false;
  const std::vector<Moments> moments = feature_moments(x);
  std::vector<double> deviations;  // without the value farthest from the mean
  struct Farthest {
    double distance = -1, value = 0;
  };
  std::vector<Farthest> farthest(moments.size());
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    Farthest& far = farthest[i % moments.size()];
    const double distance = std::abs(x.values()[i] - moments[i % moments.size()].mean);
    if (distance > far.distance) far = {distance, x.values()[i]};
  }
  const auto count = static_cast<double>(n);
  for (std::size_t f = 0; f < moments.size(); ++f) {
    // Of n values of variance v, without one at distance d: n / (n - 1) (v - d^2 / (n - 1)).
    const double rest = moments[f].variance - farthest[f].distance * farthest[f].distance / (count - 1);
    deviations.push_back(std::sqrt(std::max(0.0, rest * count / (count - 1))));
  }
  std::vector<double> sorted = deviations;
  std::ranges::nth_element(sorted, sorted.begin() + std::ssize(sorted) / 2);
  const double usual = sorted[sorted.size() / 2];
  for (std::size_t f = 0; f < moments.size(); ++f) {
    const double with = std::sqrt(moments[f].variance);
    if (with <= 10 * deviations[f] || farthest[f].distance <= 100 * std::max(usual, deviations[f]) || usual == 0)
      continue;
    examination.findings.push_back(
        {"wild_value", "data",
         fmt::format(
             "feature {} of {}, counted from 0, has one value of {:.4g}, and standard deviation {:.3g} without it", f,
             moments.size(), farthest[f].value, deviations[f]),
         "One such value decides mean and variance of its feature, or of its batch, and a step of its own (LeCun et "
         "al. 1998, section 4.3).",
         "leave the sample out, or limit the feature, before Standardization"});
    return true;
  }
  return false;
}

void data_not_scaled(Examination& examination) {
  if (normalizes_inputs(examination)) return;
  const auto features = feature_moments(rows(*examination.options.dataset, 1024));
  const auto size = [](const Moments& m) { return std::max(std::abs(m.mean), std::sqrt(m.variance)); };
  const auto worst = std::ranges::max_element(features, {}, size);
  const double widest = std::sqrt(std::ranges::max(features, {}, &Moments::variance).variance);
  if (size(*worst) <= 10 && (widest == 0 || widest >= 0.01)) return;
  treat(examination,
        {"data_not_scaled",
         "data",
         fmt::format("feature {} of {}, counted from 0, has mean {:.4g} and standard deviation {:.4g}",
                     worst - features.begin(), features.size(), worst->mean, std::sqrt(worst->variance)),
         "Initial weights and learning rates suit inputs around 0 of order 1; others make training slow or "
         "unstable (LeCun et al. 1998, section 4.3).",
         {}},
        {standardized()}, Untried::keep, 0.95);
}

void targets_not_scaled(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  if (examination.loss.name() != "mean_squared_error" || data.classes() > 0 || !data.has_labels()) return;
  const Moments targets = moments_of_targets(data);
  const double deviation = std::sqrt(targets.variance);
  if (!(deviation > 0) || (std::abs(targets.mean) <= 10 && deviation <= 10 && deviation >= 0.01)) return;
  const FirstSteps* steps = examination.first_steps ? &*examination.first_steps : nullptr;
  if (steps != nullptr && steps->trial.after < 0.1 * steps->loss_of_zeros) return;  // the steps get there
  treat(examination,
        {"targets_not_scaled",
         "data",
         fmt::format("targets have mean {:.4g} and standard deviation {:.4g}", targets.mean, deviation),
         "Outputs begin around 0 with order 1, and the gradient of a squared error grows with the targets, so that the "
         "same learning rate is too small or too large (LeCun et al. 1998, section 4.5).",
         {}},
        {standardized_targets(data)}, Untried::keep, 0.95);
}

void look_at_classes(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  if (data.classes() < 2 || !data.has_labels()) return;
  std::vector<Index> counts(static_cast<std::size_t>(data.classes()));
  Index changes = 0;  // from a sample to the next
  Real before = -1;
  for (Index i = 0; i < data.size(); ++i) {
    const Real label = data.label(i);
    ++counts[static_cast<std::size_t>(label)];
    changes += label != before ? 1 : 0;
    before = label;
  }
  std::string missing;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", c);
  }
  if (!missing.empty() && data.size() >= 10 * data.classes()) {
    examination.findings.push_back(
        {"missing_class", "data",
         fmt::format("of {} classes, {} do not occur: {}", data.classes(), std::ranges::count(counts, 0), missing),
         "A class without samples is only ever learnt as wrong (Goodfellow et al. 2016, section 5.2).",
         "samples of all classes, or as many .classes as there are"});
  }
  const auto largest = std::ranges::max_element(counts);
  const double share = static_cast<double>(*largest) / static_cast<double>(data.size());
  if (share > 0.9 && share < 1 && data.size() >= 100 && !data.has_weights()) {
    examination.findings.push_back(
        {"class_imbalance", "data",
         fmt::format("{:.1f} % of the samples are of class {}: to answer always so is that accurate", 100 * share,
                     largest - counts.begin()),
         "The mean of the loss is that of the large class, and accuracy does not tell whether the others are learnt "
         "(He & Garcia 2009).",
         "train.with_class_weights({...}), and ConfusionMatrix in place of accuracy"});
  }
  const Index occurring = std::ssize(counts) - std::ranges::count(counts, 0);
  if (!examination.options.shuffle && occurring > 1 && changes <= 2 * occurring && data.size() >= 8 * occurring) {
    const Cure shuffled{".shuffle = true in the options of fit, or train.shuffled(seed)", [](TrainingSetup& setup) {
                          setup.shuffle = true;
                          return true;
                        }};
    treat(examination,
          {"sorted_data",
           "data",
           fmt::format("{} samples in {} runs of one class, without shuffling", data.size(), changes),
           "Batches of one class teach to answer with it whatever the input, until the next run unteaches it (Bengio "
           "2012, section 3.1.1).",
           {}},
          {shuffled}, Untried::keep, 0.97);
  }
}

}  // namespace

void examine_data(Examination& examination) {
  if (!wild_value(examination)) data_not_scaled(examination);
  if (!examination.explained) targets_not_scaled(examination);
  look_at_classes(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
