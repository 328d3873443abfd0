#include <gradus/train/classification/confusion_matrix.h>

#include <gradus/core/class_index.h>
#include <gradus/data/loader.h>
#include <gradus/files/atomic_file.h>
#include <gradus/train/metrics.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

ConfusionMatrix::ConfusionMatrix(Index classes) : classes_(classes) {
  check(classes >= 2, "[confusion_matrix] expected at least 2 classes, got {}", classes);
  counts_.resize(static_cast<std::size_t>(classes * classes));
  undefined_.resize(static_cast<std::size_t>(classes));
}

void ConfusionMatrix::add(const Tensor& logits, const Tensor& labels) {
  const Tensor predicted = predicted_classes(logits);
  const bool one_logit = classes_ == 2 && logits.shape()[1] == 1;
  check<ShapeError>(labels.shape() == predicted.shape() && (one_logit || logits.shape()[1] == classes_),
                    "[confusion_matrix] expected logits (N, {}) and labels (N), got {} and {}", classes_,
                    logits.shape(), labels.shape());
  for (Index i = 0; i < labels.size(); ++i) {
    const Index truth = class_index("confusion_matrix", labels, i, classes_);
    const Real taken_for = predicted.data()[i];
    ++(std::isnan(taken_for) ? undefined_[static_cast<std::size_t>(truth)]
                             : counts_[static_cast<std::size_t>(truth * classes_ + static_cast<Index>(taken_for))]);
  }
}

Index ConfusionMatrix::count(Index truth, Index predicted) const {
  check(std::min(truth, predicted) >= 0 && std::max(truth, predicted) < classes_,
        "[confusion_matrix] expected classes from 0 to {}, got {} and {}", classes_ - 1, truth, predicted);
  return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
}

Index ConfusionMatrix::undefined(Index truth) const {
  count(truth, truth);  // checks the class
  return undefined_[static_cast<std::size_t>(truth)];
}

namespace {

/// What share `part` is of whole + count(0) + ... + count(n - 1). NaN of nothing.
template <class Count>
double share(Index part, Index whole, Index n, Count count) {
  for (Index i = 0; i < n; ++i) whole += count(i);
  return whole == 0 ? std::nan("") : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double ConfusionMatrix::recall(Index c) const {
  return share(count(c, c), undefined(c), classes_, [&](Index other) { return count(c, other); });
}

double ConfusionMatrix::precision(Index c) const {
  return share(count(c, c), 0, classes_, [&](Index other) { return count(other, c); });
}

double ConfusionMatrix::accuracy() const {
  Index right = 0, wrong = 0;
  for (Index c = 0; c < classes_; ++c) {
    right += count(c, c);
    wrong += undefined(c);
  }
  return share(right, wrong, classes_ * classes_, [&](Index i) { return counts_[static_cast<std::size_t>(i)]; });
}

void ConfusionMatrix::write_csv(const std::filesystem::path& path) const {
  std::string text = "true,predicted,count\n";
  for (Index truth = 0; truth < classes_; ++truth) {
    for (Index c = 0; c < classes_; ++c) text += fmt::format("{},{},{}\n", truth, c, count(truth, c));
    if (undefined(truth) > 0) text += fmt::format("{},nan,{}\n", truth, undefined(truth));
  }
  write_atomically(path, text);
}

std::string to_string(const ConfusionMatrix& matrix) {
  const Index classes = matrix.classes();
  Index largest = classes;
  for (Index i = 0; i < classes * classes; ++i) largest = std::max(largest, matrix.count(i / classes, i % classes));
  const std::size_t width = fmt::formatted_size("{}", largest) + 1;
  constexpr std::size_t beside = 6 + 9 + 11;  // columns
  const Index shown = beside + width * static_cast<std::size_t>(classes) <= 80 ? classes : 0;
  const auto percent = [](double part) { return std::isnan(part) ? "-" : fmt::format("{:.2f} %", 100 * part); };
  std::string text = fmt::format("{:6}", "true");
  for (Index c = 0; c < shown; ++c) text += fmt::format("{:{}}", c, width);
  text += fmt::format("{:>9}{:>11}\n", "recall", "precision");
  for (Index truth = 0; truth < classes; ++truth) {
    text += fmt::format("{:<6}", truth);
    for (Index c = 0; c < shown; ++c) text += fmt::format("{:{}}", matrix.count(truth, c), width);
    text += fmt::format("{:>9}{:>11}\n", percent(matrix.recall(truth)), percent(matrix.precision(truth)));
  }
  for (Index truth = 0; truth < classes; ++truth) {
    if (matrix.undefined(truth) > 0)
      text += fmt::format("{} of class {} have outputs of NaN\n", matrix.undefined(truth), truth);
  }
  return text + fmt::format("accuracy {}\n", percent(matrix.accuracy()));
}

ConfusionMatrix confusion_matrix(Layer& model, const Dataset& data) {
  ConfusionMatrix matrix(data.classes());
  for (const auto& [inputs, labels] : DataLoader(data, {.batch_size = 256})) {
    matrix.add(model.predict(inputs), labels);
  }
  return matrix;
}

}  // namespace gradus::inline GRADUS_PRECISION
