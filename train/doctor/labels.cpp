#include <gradus/train/doctor/cures.h>

#include <algorithm>
#include <utility>

// How often the labels occur, and in which order.

namespace gradus::inline GRADUS_PRECISION {

namespace {

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

void look_at_classes(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  if (data.classes() < 2) return;
  const std::vector<Index> counts = class_counts(data);
  const std::string missing = absent_classes(counts);
  if (!missing.empty() && data.size() >= 10 * data.classes()) {
    examination.findings.push_back(
        {"missing_class", "data",
         fmt::format("of {} classes, {} do not occur, or weigh 0: {}", data.classes(), std::ranges::count(counts, 0),
                     missing),
         "A class without samples is only ever learnt as wrong (Goodfellow et al. 2016, section 5.2).",
         "samples of all classes, or as many .classes as there are"});
  }
  class_imbalance(examination, counts);
}

/// How often the class changes from a sample to the next, or a single target turns from rising to falling or back; and
/// how often it would in random order.
std::pair<double, double> changes(const Dataset& data) {
  double count = 0;
  const auto n = static_cast<double>(data.size());
  if (data.classes() == 0) {
    for (Index i = 2; i < data.size(); ++i) {
      const Real before = data.label(i - 1) - data.label(i - 2), after = data.label(i) - data.label(i - 1);
      count += before * after < 0 ? 1 : 0;
    }
    return {count, n * 2 / 3};
  }
  for (Index i = 1; i < data.size(); ++i) count += data.label(i) != data.label(i - 1) ? 1 : 0;
  double expected = n;
  for (const Index of_class : class_counts(data)) expected -= static_cast<double>(of_class * of_class) / n;
  return {count, expected};
}

void look_at_order(Examination& examination) {
  const Dataset& data = *examination.options.dataset;
  const bool known = data.classes() != 1 && data.batch(std::vector<Index>{0}).labels.size() == 1;
  if (examination.options.shuffle || !known) return;
  const auto [found, expected] = changes(data);
  if (8 * found > expected) return;
  const Cure shuffled{".shuffle = true in the options of fit, or train.shuffled(seed)", [](TrainingSetup& setup) {
                        setup.shuffle = true;
                        return true;
                      }};
  const char* kind = data.classes() == 0 ? "of targets that rise, or fall" : "of one class";
  treat(examination,
        finding_of(
            "sorted_data", "data",
            fmt::format("{} samples in {} runs {}, without shuffling", data.size(), found + 1, kind),
            "Batches of one answer teach to give it whatever the input, until the next run unteaches it (Bengio 2012, "
            "section 3.1.1)."),
        {shuffled}, Kind::fact, 0.97);
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

void examine_labels(Examination& examination) {
  look_at_classes(examination);
  look_at_order(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
