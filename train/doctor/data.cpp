#include <gradus/train/doctor/cures.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// One sample a row.
Tensor as_rows(const Tensor& samples) {
  const Index n = samples.shape()[0];
  return samples.reshape({n, samples.size() / n});
}

/// Inputs of samples spread over the data.
Tensor rows(const Dataset& data, Index max) { return as_rows(probe(data, max).batch().inputs); }

/// Whether numbers are beyond 10, or all far on one side of 0.
bool far_from_zero(const Moments& m) {
  const double mean = std::abs(m.mean), deviation = std::sqrt(m.variance);
  return mean > 10 || deviation > 10 || (mean > 3 && deviation > 0 && mean > 5 * deviation);
}

/// In a table: whether a quarter of the features has deviations below 1/100 of the widest one.
bool has_tiny_features(const std::vector<Moments>& features) {
  const double widest = std::ranges::max(features, {}, &Moments::variance).variance;
  const auto tiny = [&](const Moments& m) { return m.variance > 0 && m.variance < 1e-4 * widest; };
  return features.size() <= 100 && 4 * std::ranges::count_if(features, tiny) >= std::ssize(features);
}

/// Whether no feature is far from 0, and not all are within 0.01.
bool well_scaled(const std::vector<Moments>& features) {
  const double widest = std::ranges::max(features, {}, &Moments::variance).variance;
  return std::ranges::none_of(features, far_from_zero) && (widest == 0 || widest >= 1e-4) &&
         !has_tiny_features(features);
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

/// A value that alone makes `times` the standard deviation of its column; of a sparse one, at 100 times the usual
/// deviation of all columns. The rows are of samples spread over the data.
bool wild_value(Examination& examination, const Tensor& x, const char* column, double times) {
  const Dataset& data = *examination.options.dataset;
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
    if (with <= times * without) continue;
    const bool far = usual > 0 && distance(farthest[f]) > 100 * std::max(usual, without);
    if (!far && is_sparse(x, f)) continue;
    const Index row = static_cast<Index>(farthest[f] / moments.size()) * data.size() / n;
    const Cure cure = without_sample(row);
    treat(examination,
          {"wild_value", "data",
           fmt::format(
               "{} {} of {}, counted from 0, has one value of {:.4g}, and mean {:.3g} and standard deviation {:.3g} "
               "without it",
               column, f, moments.size(), x.values()[farthest[f]], rest[f].mean, without),
           "One such value decides mean and variance of its feature, or of its batch, and a step of its own (LeCun et "
           "al. 1998, section 4.3).",
           cure.text},
          {cure}, Kind::fact);
    return true;
  }
  return false;
}

/// Samples of up to this many values in all, or 1,024.
Batch many_samples(const Dataset& data) {
  constexpr Index max_values = 20'000'000;
  const Index features = std::max<Index>(1, data.sample_shape().size());
  return probe(data, std::max<Index>(1024, max_values / features)).batch();
}

bool wild_input(Examination& examination) {
  return wild_value(examination, as_rows(many_samples(*examination.options.dataset).inputs), "feature", 10);
}

/// In a regression.
bool wild_target(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  if (data.classes() > 0 || !data.has_labels()) return false;
  return wild_value(examination, as_rows(many_samples(data).labels), "target", 3);
}

void data_not_scaled(Examination& examination) {
  const auto features = feature_moments(rows(*examination.options.dataset, 1024));
  if (well_scaled(features) || well_scaled(examination.first_inputs)) return;
  const bool tiny = std::ranges::none_of(features, far_from_zero) && has_tiny_features(features);
  const auto size = [tiny](const Moments& m) {
    const double deviation = std::sqrt(m.variance);
    if (tiny) return deviation > 0 ? -deviation : -HUGE_VAL;
    return std::max(std::abs(m.mean), deviation);
  };
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
  if (!(deviation > 0) || (!far_from_zero(targets) && deviation >= 0.01)) return;
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

/// More than half of the samples, of 8 features or more: of fewer, and of categories, values repeat by chance.
bool duplicates(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  const Index features = data.sample_shape().size(), n = std::min(data.size(), 20'000'000 / features);
  if (n < 100 || features < 8) return false;
  const auto different = static_cast<Index>(rows_of(data.take(n)).size());
  const Tensor some = rows(data, 256);
  const bool categories = std::ranges::all_of(some.values(), [](Real v) { return v == 0 || v == 1; });
  if (2 * different >= n || categories) return false;
  examination.findings.push_back(
      {"duplicates", "data", fmt::format("of {} samples, {} are different", n, different),
       "Copies weigh as one sample does many times over, and behind a split they are in the training and in the "
       "validation data (Barz & Denzler 2020).",
       "each sample once, before the data are split"});
  return true;
}

/// Nothing that a model can tell samples by.
bool inputs_are_constant(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  const auto constant = [](const std::vector<Moments>& features) {
    return std::ranges::all_of(features, [](const Moments& m) { return m.variance <= 1e-12 * m.mean * m.mean; });
  };
  if (data.size() < 2 || !constant(examination.first_inputs)) return false;
  examination.explained = true;
  const bool data_are = constant(feature_moments(rows(data, 1024)));
  if (data_are && duplicates(examination)) return true;
  const char* what = data_are ? "all samples have the same inputs" : "the first kernel gets the same of all samples";
  examination.findings.push_back(
      {"inputs_not_used", "data", what,
       "What is learnt without inputs is how frequent the answers are (Karpathy 2019, A recipe for training neural "
       "networks).",
       "inputs that differ, and that reach the model"});
  return true;
}

}  // namespace

void examine_data(Examination& examination) {
  const bool constant = inputs_are_constant(examination);
  if (!constant && !wild_input(examination)) data_not_scaled(examination);
  if (!examination.explained && !wild_target(examination)) targets_not_scaled(examination);
  if (examination.options.dataset->has_labels()) examine_labels(examination);
  if (!constant) duplicates(examination);
  if (examination.options.validation != nullptr) examine_validation(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
