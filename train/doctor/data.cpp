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

/// Whether all features are within 10 of 0, and not all within 0.01.
bool well_scaled(const std::vector<Moments>& features) {
  const auto far = [](const Moments& m) { return std::abs(m.mean) > 10 || m.variance > 100; };
  const double widest = std::ranges::max(features, {}, &Moments::variance).variance;
  return std::ranges::none_of(features, far) && (widest == 0 || widest >= 1e-4);
}

Cure without_sample(Index row) {
  return {"leave the sample out, or limit the feature, before Standardization", [row](TrainingSetup& setup) {
            std::vector<Index> others;
            for (Index i = 0; i < setup.data.size(); ++i) {
              if (i != row) others.push_back(i);
            }
            setup.data = Dataset(setup.data.batch(others), setup.data.classes());
            setup.drop_last |= setup.data.size() % setup.batch_size == 1;
            return setup.data.size() >= setup.batch_size;
          }};
}

/// Whether more than half of the values of a column are equal, as in the rare categories and at the borders of
/// pictures.
bool is_sparse(const Tensor& x, std::size_t column) {
  std::vector<Real> values;
  const auto columns = static_cast<std::size_t>(x.shape()[1]);
  for (std::size_t i = column; i < x.values().size(); i += columns) values.push_back(x.values()[i]);
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  const Real median = *middle;
  return 2 * std::ranges::count(values, median) > std::ssize(values);
}

/// A value that alone makes ten times the standard deviation of its feature; of a sparse one, at 100 times the usual
/// deviation of all features.
bool wild_value(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  constexpr Index max_values = 20'000'000;
  const Index features = data.sample_shape().size();
  const Tensor x = rows(data, std::max<Index>(1024, max_values / std::max<Index>(1, features)));
  const Index n = x.shape()[0];
  if (n < 20) return false;
  const std::vector<Moments> moments = feature_moments(x);
  const auto feature_of = [&](std::size_t i) { return i % moments.size(); };
  std::vector<std::size_t> farthest(moments.size());  // positions of the values farthest from the means
  const auto distance = [&](std::size_t i) { return std::abs(x.values()[i] - moments[feature_of(i)].mean); };
  for (std::size_t f = 0; f < moments.size(); ++f) farthest[f] = f;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    if (distance(i) > distance(farthest[feature_of(i)])) farthest[feature_of(i)] = i;
  }
  std::vector<Moments> rest(moments.size());  // without them
  const auto add_up = [&](auto add) {
    for (std::size_t i = 0; i < x.values().size(); ++i) {
      if (i != farthest[feature_of(i)]) add(rest[feature_of(i)], x.values()[i]);
    }
  };
  const auto others = static_cast<double>(n - 1);
  add_up([&](Moments& m, Real v) { m.mean += v / others; });
  add_up([&](Moments& m, Real v) { m.variance += (v - m.mean) * (v - m.mean) / others; });
  std::vector<Moments> sorted = rest;
  std::ranges::nth_element(sorted, sorted.begin() + std::ssize(sorted) / 2, {}, &Moments::variance);
  const double usual = std::sqrt(sorted[sorted.size() / 2].variance);
  for (std::size_t f = 0; f < moments.size(); ++f) {
    const double with = std::sqrt(moments[f].variance), without = std::sqrt(rest[f].variance);
    if (with <= 10 * without) continue;
    const bool far = usual > 0 && distance(farthest[f]) > 100 * std::max(usual, without);
    if (!far && is_sparse(x, f)) continue;
    const Index row = static_cast<Index>(farthest[f] / moments.size()) * data.size() / n;
    const Cure cure = without_sample(row);
    treat(
        examination,
        {"wild_value", "data",
         fmt::format(
             "feature {} of {}, counted from 0, has one value of {:.4g}, and mean {:.3g} and standard deviation {:.3g} "
             "without it",
             f, moments.size(), x.values()[farthest[f]], rest[f].mean, without),
         "One such value decides mean and variance of its feature, or of its batch, and a step of its own (LeCun et "
         "al. 1998, section 4.3).",
         cure.text},
        {cure}, Kind::fact);
    return true;
  }
  return false;
}

void data_not_scaled(Examination& examination) {
  const auto features = feature_moments(rows(*examination.options.dataset, 1024));
  if (well_scaled(features) || well_scaled(examination.first_inputs)) return;
  const auto size = [](const Moments& m) { return std::max(std::abs(m.mean), std::sqrt(m.variance)); };
  const auto worst = std::ranges::max_element(features, {}, size);
  treat(examination,
        finding_of("data_not_scaled", "data",
                   fmt::format("feature {} of {}, counted from 0, has mean {:.4g} and standard deviation {:.4g}",
                               worst - features.begin(), features.size(), worst->mean, std::sqrt(worst->variance)),
                   "Initial weights and learning rates suit inputs around 0 of order 1; others make training slow or "
                   "unstable (LeCun et al. 1998, section 4.3)."),
        {standardized()}, Kind::fact, 0.95);
}

void targets_not_scaled(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  static const std::vector<std::string> losses{"mean_squared_error", "mean_absolute_error", "huber"};
  if (std::ranges::find(losses, examination.loss.name()) == losses.end() || data.classes() > 0 || !data.has_labels()) {
    return;
  }
  const Moments targets = moments_of_targets(data);
  const double deviation = std::sqrt(targets.variance);
  if (!(deviation > 0) || (std::abs(targets.mean) <= 10 && deviation <= 10 && deviation >= 0.01)) return;
  const FirstSteps* steps = examination.first_steps ? &*examination.first_steps : nullptr;
  if (steps != nullptr && steps->trial.after < 0.1 * steps->loss_of_zeros) return;  // the steps get there
  treat(examination,
        finding_of(
            "targets_not_scaled", "data",
            fmt::format("targets have mean {:.4g} and standard deviation {:.4g}", targets.mean, deviation),
            "Outputs begin around 0 with order 1: far targets are a long way off, and the gradient of a squared error "
            "grows with them, so that the same learning rate is too small or too large (LeCun et al. 1998, section "
            "4.5)."),
        {standardized_targets(data)}, Kind::fact, 0.95);
}

/// Its cure is tried by the loss with all classes weighted alike.
void class_imbalance(Examination& examination, const std::vector<Index>& counts) {
  const Dataset& data = *examination.options.dataset;
  const auto largest = std::ranges::max_element(counts);
  const double share = static_cast<double>(*largest) / static_cast<double>(data.size());
  if (share <= 0.9 || share == 1 || data.size() < 100 || data.has_weights()) return;
  std::vector<double> weights;
  for (const Index count : counts) {
    const double even = static_cast<double>(data.size()) / static_cast<double>(std::ssize(counts));
    weights.push_back(count > 0 ? even / static_cast<double>(count) : 0);
  }
  const Dataset weighted = data.with_class_weights(weights);
  const Cure cure{"train.with_class_weights({...}), and ConfusionMatrix in place of accuracy",
                  [weighted](TrainingSetup& setup) {
                    setup.data = weighted;
                    return true;
                  }};
  Finding finding =
      advised(finding_of("class_imbalance", "data",
                         fmt::format("{:.1f} % of the samples are of class {}: to answer always so is that accurate",
                                     100 * share, largest - counts.begin()),
                         "The mean of the loss is that of the large class, and accuracy does not tell whether the "
                         "others are learnt (He & Garcia 2009)."),
              cure);
  if (examination.first_steps) {
    const auto loss = [&](const Dataset& samples) {
      const Snapshot snapshot(examination.model);
      TrainingSetup setup = usual_setup(examination.model, examination.options);
      setup.data = samples;
      take_steps(examination, setup, examination.long_steps);
      setup.data = weighted;
      return measure(examination, setup);
    };
    const double without = loss(data), with = loss(weighted);
    if (with < 0.95 * without) {
      finding.gain = fmt::format("loss with classes weighted alike after {} steps {:.3g} -> {:.3g}",
                                 examination.long_steps, without, with);
    }
  }
  examination.findings.push_back(std::move(finding));
}

/// More than half of the samples, of 8 features or more: of fewer, and of categories, values repeat by chance.
void duplicates(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  const Index features = data.sample_shape().size(), n = std::min(data.size(), 20'000'000 / features);
  if (n < 100 || features < 8) return;
  const auto different = static_cast<Index>(rows_of(data.take(n)).size());
  const Tensor some = rows(data, 256);
  const bool categories = std::ranges::all_of(some.values(), [](Real v) { return v == 0 || v == 1; });
  if (2 * different >= n || categories) return;
  examination.findings.push_back(
      {"duplicates", "data", fmt::format("of {} samples, {} are different", n, different),
       "Copies weigh as one sample does many times over, and behind a split they are in the training and in the "
       "validation data (Barz & Denzler 2020).",
       "each sample once, before the data are split"});
}

void look_at_classes(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  if (data.classes() < 2 || !data.has_labels()) return;
  const std::vector<Index> counts = class_counts(data);
  Index changes = 0;  // from a sample to the next
  Real before = -1;
  for (Index i = 0; i < data.size(); ++i) {
    const Real label = data.label(i);
    changes += label != before ? 1 : 0;
    before = label;
  }
  const std::string missing = absent_classes(counts);
  if (!missing.empty() && data.size() >= 10 * data.classes()) {
    examination.findings.push_back(
        {"missing_class", "data",
         fmt::format("of {} classes, {} do not occur: {}", data.classes(), std::ranges::count(counts, 0), missing),
         "A class without samples is only ever learnt as wrong (Goodfellow et al. 2016, section 5.2).",
         "samples of all classes, or as many .classes as there are"});
  }
  class_imbalance(examination, counts);
  double expected = static_cast<double>(data.size());  // changes in random order
  for (const Index count : counts) expected -= static_cast<double>(count * count) / static_cast<double>(data.size());
  if (!examination.options.shuffle && static_cast<double>(8 * changes) <= expected) {
    const Cure shuffled{".shuffle = true in the options of fit, or train.shuffled(seed)", [](TrainingSetup& setup) {
                          setup.shuffle = true;
                          return true;
                        }};
    treat(
        examination,
        finding_of(
            "sorted_data", "data",
            fmt::format("{} samples in {} runs of one class, without shuffling", data.size(), changes),
            "Batches of one class teach to answer with it whatever the input, until the next run unteaches it (Bengio "
            "2012, section 3.1.1)."),
        {shuffled}, Kind::fact, 0.97);
  }
}

}  // namespace

std::vector<Index> class_counts(const Dataset& data) {
  std::vector<Index> counts(static_cast<std::size_t>(data.classes()));
  for (Index i = 0; i < data.size(); ++i) {
    const bool counted = !data.has_weights() || data.weights().values()[static_cast<std::size_t>(i)] > 0;
    counts.at(static_cast<std::size_t>(data.label(i))) += counted ? 1 : 0;
  }
  return counts;
}

std::string absent_classes(const std::vector<Index>& counts) {
  std::string absent;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) absent += fmt::format("{}{}", absent.empty() ? "" : ", ", c);
  }
  return absent;
}

void examine_data(Examination& examination) {
  if (!wild_value(examination)) data_not_scaled(examination);
  if (!examination.explained) targets_not_scaled(examination);
  look_at_classes(examination);
  duplicates(examination);
  if (examination.options.validation != nullptr) examine_validation(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
