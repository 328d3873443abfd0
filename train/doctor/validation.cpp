#include <gradus/train/doctor/examination.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string bytes_of(std::span<const Real> row) {
  return {reinterpret_cast<const char*>(row.data()), row.size_bytes()};
}

template <class See>
void for_each_row(const Dataset& data, See see) {
  constexpr Index chunk = 1024;
  for (Index first = 0; first < data.size(); first += chunk) {
    const Batch batch = data.take(first, std::min(data.size(), first + chunk)).batch();
    const auto features = static_cast<std::size_t>(data.sample_shape().size());
    for (std::size_t i = 0; i < batch.inputs.values().size(); i += features) {
      see(std::span<const Real>(batch.inputs.values()).subspan(i, features));
    }
  }
}

void add(Examination& examination, const char* rule, std::string what, const char* why, const char* cure) {
  examination.findings.push_back({rule, "validation data", std::move(what), why, cure});
}

/// More than 1 % of the samples, of 8 features or more: of fewer, values repeat by chance.
void overlap(Examination& examination) {
  const Dataset& validation = *examination.options.validation;
  if (validation.sample_shape().size() < 8) return;
  const auto known = rows_of(*examination.options.dataset);
  Index common = 0;
  for_each_row(validation, [&](std::span<const Real> row) { common += known.contains(bytes_of(row)) ? 1 : 0; });
  if (100 * common <= validation.size()) return;
  add(examination, "validation_overlap",
      fmt::format("{} of {} samples are in the training data too", common, validation.size()),
      "What was trained on is not a test: the error on it is that of memory (Goodfellow et al. 2016, section 5.3).",
      "train.split(fraction) of data in which each sample is once");
}

/// By the root mean square of all inputs, and by their mean.
void other_scale(Examination& examination) {
  const auto moments = [](const Dataset& data) {
    const Tensor inputs = probe(data, 1024).batch().inputs;
    return feature_moments(inputs.reshape({inputs.size(), 1}))[0];
  };
  const Moments train = moments(*examination.options.dataset), other = moments(*examination.options.validation);
  const double a = std::sqrt(train.variance), b = std::sqrt(other.variance);
  const bool alike = b < 3 * a && a < 3 * b && std::abs(train.mean - other.mean) < 2 * std::max(a, b);
  if (alike || !(a > 0)) return;
  add(examination, "validation_scaled_otherwise",
      fmt::format("inputs have mean {:.3g} and standard deviation {:.3g}, those of the training data {:.3g} and {:.3g}",
                  other.mean, b, train.mean, a),
      "The network has learnt from inputs of the training data's scale, and has to get all others in it (LeCun et al. "
      "1998, section 4.3).",
      "const Standardization standardize(train), for both: standardize(train), standardize(validation)");
}

void missing_class(Examination& examination) {
  const Dataset &train = *examination.options.dataset, &validation = *examination.options.validation;
  if (train.classes() < 2 || validation.size() < 10 * train.classes()) return;
  const std::string missing = absent_classes(class_counts(validation));
  if (missing.empty()) return;
  add(examination, "missing_class", fmt::format("these classes do not occur: {}", missing),
      "The validation error does not tell of a class that it has no sample of (Goodfellow et al. 2016, section 5.3).",
      "train.shuffled(seed).split(fraction)");
}

}  // namespace

std::unordered_set<std::string> rows_of(const Dataset& data) {
  std::unordered_set<std::string> rows;
  for_each_row(data, [&](std::span<const Real> row) { rows.insert(bytes_of(row)); });
  return rows;
}

void examine_validation(Examination& examination) {
  overlap(examination);
  other_scale(examination);
  missing_class(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
