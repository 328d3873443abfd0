#include <gradus/train/metrics.h>

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/names.h>
#include <gradus/core/printable.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The targets in the shape of the outputs.
Tensor targets_like(const Tensor& outputs, const Batch& batch) {
  check<ShapeError>(
      outputs.size() == batch.labels.size(),
      "[metrics] expected as many targets as outputs, got targets {} and outputs {}; choose other .metrics",
      batch.labels.shape(), outputs.shape());
  return batch.labels.reshape(outputs.shape());
}

double binary_accuracy(const Tensor& outputs, const Batch& batch, double threshold) {
  const Tensor targets = targets_like(outputs, batch);
  check(!std::isnan(threshold),
        "[binary_accuracy] expected a loss by name, which tells logits from probabilities, got one of your own; give a "
        "metric of your own, such as {{\"accuracy\", [](const Tensor& outputs, const Batch& batch) {{ ... }}, "
        "Better::higher}}");
  Index correct = 0;
  for (Index i = 0; i < outputs.size(); ++i) {
    const Real y = outputs.data()[i];
    correct += !std::isnan(y) && (y > static_cast<Real>(threshold)) == (targets.data()[i] > Real(0.5)) ? 1 : 0;
  }
  return static_cast<double>(correct) / static_cast<double>(outputs.size());
}

double accuracy(const Tensor& outputs, const Batch& batch, double threshold) {
  const Index n = batch.inputs.shape()[0];
  const Shape rows{n, outputs.size() / n};
  const bool several_labels = threshold == 0 && batch.labels.size() != n;
  if (rows[1] == 1 || several_labels) return binary_accuracy(outputs, batch, threshold);
  return static_cast<double>(count_correct(outputs.reshape(rows), batch.labels)) / static_cast<double>(n);
}

template <Variable (*loss)(const Variable&, const Tensor&, const Tensor&)>
double error(const Tensor& outputs, const Batch& batch, double /*threshold*/) {
  const StopRecording pause;
  return loss(outputs, targets_like(outputs, batch), {}).value().item();
}

struct NamedMetric {
  std::string_view name;
  double (*function)(const Tensor& outputs, const Batch& batch, double threshold);
  Better better;
};

constexpr NamedMetric named_metrics[] = {
    {"accuracy", accuracy, Better::higher},
    {"binary_accuracy", binary_accuracy, Better::higher},
    {"mean_absolute_error", error<mean_absolute_error>, Better::lower},
    {"mean_squared_error", error<mean_squared_error>, Better::lower},
};

}  // namespace

Metric::Metric(const std::string& name) : name_(name) {
  const NamedMetric& found = *find_name("metric", "metric", name, named_metrics, &NamedMetric::name);
  function_ = found.function;
  better_ = found.better;
}

Metric::Metric(std::string name, Function function, Better better) : name_(std::move(name)), better_(better) {
  check(!name_.empty(), "[metric] expected a name, got an empty one");
  check(name_.find_first_of(",\"\r\n") == std::string::npos,
        "[metric] expected a name without commas, quotes and line breaks, which heads a column of CSV files, got '{}'",
        printable(name_, 64));
  check(function != nullptr, "[metric] expected a function for '{}', got null", name_);
  function_ = [function = std::move(function)](const Tensor& outputs, const Batch& batch, double /*threshold*/) {
    return function(outputs, batch);
  };
}

double Metric::operator()(const Tensor& outputs, const Batch& batch, double threshold) const {
  return function_(outputs, batch, threshold);
}

std::vector<Metric> default_metrics(const Loss& loss, Index classes, const Shape& output_shape) {
  const Index columns = output_shape.size();
  if (classes > 1 && columns == classes) return {"accuracy"};
  if (std::isnan(loss.threshold())) return {};
  if (loss.threshold() == 0 || (classes == 2 && columns == 1)) return {"accuracy"};
  return {"mean_absolute_error"};
}

double Metrics::operator[](std::string_view name) const {
  return find_name("metrics", "metric", name, values, &History::Number::name)->value;
}

void Metrics::visit_state(Archive& archive) {
  archive("loss", loss)("accuracy", accuracy)("mean_absolute_error", mean_absolute_error);
  for (History::Number& metric : values) archive("values." + metric.name, metric.value);
}

Tensor predicted_classes(const Tensor& logits) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0,
                    "[predicted_classes] expected logits (N, K), got {}", logits.shape());
  const Index classes = logits.shape()[1];
  Tensor result = Tensor::empty({logits.shape()[0]});
  for (Index i = 0; i < result.size(); ++i) {
    const Real* row = logits.data() + i * classes;
    const Index largest = std::max_element(row, row + classes) - row;
    const Index predicted = classes > 1 ? largest : Index{row[0] > 0};
    const bool defined = std::none_of(row, row + classes, [](Real score) { return std::isnan(score); });
    result.data()[i] = defined ? static_cast<Real>(predicted) : std::numeric_limits<Real>::quiet_NaN();
  }
  return result;
}

Index count_correct(const Tensor& logits, const Tensor& labels) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0 && labels.shape() == Shape{logits.shape()[0]},
                    "[count_correct] expected logits (N, K) and labels (N), got {} and {}", logits.shape(),
                    labels.shape());
  const Tensor predicted = predicted_classes(logits);
  Index correct = 0;
  for (Index i = 0; i < labels.size(); ++i) correct += predicted.data()[i] == labels.data()[i] ? 1 : 0;
  return correct;
}

double total_weight(const Batch& batch) {
  if (!batch.weights.defined()) return static_cast<double>(batch.inputs.shape()[0]);
  double sum = 0;
  for (const Real weight : batch.weights.values()) sum += std::abs(weight);  // the loss refuses negative weights
  return sum;
}

RunningMetrics::RunningMetrics(const Loss& loss, const std::vector<Metric>& metrics, Index classes,
                               const Shape& output_shape)
    : loss_(loss.is_default() ? default_loss(classes) : loss),
      metrics_(metrics.empty() ? default_metrics(loss_, classes, output_shape) : metrics),
      sums_(metrics_.size()) {
  for (const Metric& metric : metrics_) {
    const std::string& name = metric.name();
    const bool known = std::ranges::find(means_.values, name, &History::Number::name) != means_.values.end();
    check(!known && name != "epoch" && name != "loss" && name != "learning_rate" && name != "seconds" &&
              !name.starts_with("validation_"),
          "[metrics] expected a name that no other number of the history has, got '{}'; rename the metric", name);
    means_.values.push_back({name, Metrics::not_measured, metric.better()});
  }
}

void RunningMetrics::reset() {
  weight_ = samples_ = loss_sum_ = 0;
  std::ranges::fill(sums_, 0);
}

void RunningMetrics::add(double loss, const Tensor& outputs, const Batch& batch) {
  const double weight = total_weight(batch);
  const auto n = static_cast<double>(batch.inputs.shape()[0]);
  if (weight > 0) loss_sum_ += loss * weight;
  weight_ += weight;
  samples_ += n;
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += n * metrics_[i](outputs, batch, loss_.threshold());
}

void RunningMetrics::visit_state(Archive& archive) {
  archive("weight", weight_)("samples", samples_)("loss", loss_sum_)("metrics", sums_);
  check<StateError>(sums_.size() == metrics_.size(), "[checkpoint] expected the sums of {} metrics, got {}",
                    metrics_.size(), sums_.size());
}

const Metrics& RunningMetrics::means() {
  means_.loss = loss_sum_ / weight_;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    History::Number& mean = means_.values[i];
    mean.value = sums_[i] / samples_;
    if (mean.name == "accuracy") means_.accuracy = mean.value;
    if (mean.name == "mean_absolute_error") means_.mean_absolute_error = mean.value;
  }
  return means_;
}

}  // namespace gradus::inline GRADUS_PRECISION
