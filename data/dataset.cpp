#include <gradus/data/dataset.h>

#include <gradus/core/parallel.h>
#include <gradus/data/shuffle.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_count(Index inputs, Index labels) {
  check<ShapeError>(inputs == labels, "[dataset] expected one label per input, got {} inputs and {} labels", inputs,
                    labels);
  check<ShapeError>(labels > 0, "[dataset] expected at least 1 sample, got none");
}

/// The elements of a vector, shared.
template <class T>
std::shared_ptr<const T[]> share(std::vector<T> elements) {
  const auto owner = std::make_shared<const std::vector<T>>(std::move(elements));
  return {owner, owner->data()};
}

void check_finite(const char* what, const Tensor& tensor) {
  const auto values = tensor.values();
  const auto bad = std::find_if_not(values.begin(), values.end(), [](Real value) { return std::isfinite(value); });
  if (bad == values.end()) return;
  const Index row = (bad - values.begin()) / tensor.shape().without_first().size();
  check(false, "[dataset] expected finite {}, got {} in row {}; remove or correct the row", what, *bad, row);
}

/// Elements of this shape to write to: those of the tensor, unless it shares them.
Real* writable(Tensor& tensor, const Shape& shape) {
  if (!tensor.unique() || tensor.shape() != shape) tensor = Tensor::empty(shape);
  return tensor.data();
}

constexpr auto unchanged = [](Real value) { return value; };

template <class Source, class Convert>
void gather(const Source* source, std::span<const Index> positions, Index length, Real* out, Convert convert) {
  constexpr double nanoseconds = 0.1;  // per element
  const auto count = static_cast<Index>(positions.size());
  parallel_for(count, nanoseconds * static_cast<double>(length), [=](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      const Source* from = source + positions[static_cast<std::size_t>(row)] * length;
      Real* to = out + row * length;
#pragma omp simd
      for (Index i = 0; i < length; ++i) to[i] = convert(from[i]);
    }
  });
}

}  // namespace

Dataset::Dataset(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> labels, const Shape& sample_shape,
                 Index classes)
    : labels_(Tensor::empty({static_cast<Index>(labels.size())})), sample_shape_(sample_shape), classes_(classes) {
  const auto size = static_cast<Index>(bytes.size());
  const Index length = sample_shape.size();
  check<ShapeError>(length > 0 && size % length == 0, "[dataset] expected whole samples of shape {}, got {} bytes",
                    sample_shape, size);
  check_count(size / length, labels_.size());
  std::copy(labels.begin(), labels.end(), labels_.data());
  check_labels();
  bytes_ = share(std::move(bytes));
}

Dataset::Dataset(const Tensor& inputs, const Tensor& labels, Index classes)
    : inputs_(inputs), labels_(labels), sample_shape_(inputs.shape().without_first()), classes_(classes) {
  check<ShapeError>(inputs.shape().rank() > 0 && labels.shape().rank() > 0,
                    "[dataset] expected inputs and labels with a first axis of samples, got shapes {} and {}",
                    inputs.shape(), labels.shape());
  check_count(inputs.shape()[0], labels.shape()[0]);
  check_finite("inputs", inputs);
  check_finite("labels", labels);
  if (classes == 0) return;
  check<ShapeError>(labels.shape().rank() == 1,
                    "[dataset] expected class labels of shape (N), got {}; leave out `classes` for regression",
                    labels.shape());
  check_labels();
}

Dataset::Dataset(std::vector<double> inputs, const Tensor& labels, const Shape& sample_shape, Index classes)
    : Dataset(Tensor::from(sample_shape.prepend(labels.shape()[0]), std::vector<Real>(inputs.begin(), inputs.end())),
              labels, classes) {
  exact_ = share(std::move(inputs));
}

Dataset::Dataset(const Tensor& inputs)
    : Dataset(inputs, inputs.shape().rank() > 0 ? Tensor::empty({inputs.shape()[0], 0}) : Tensor()) {}

Dataset::Dataset(const Batch& batch, Index classes) : Dataset(batch.inputs, batch.labels, classes) {
  if (batch.weights.defined()) *this = with_weights(batch.weights);
}

void Dataset::check_labels() const {
  constexpr Index max_classes = Index{1} << 24;
  check(classes_ >= 1 && classes_ <= max_classes, "[dataset] expected 1 to 2^24 classes, got {}", classes_);
  const Real* label = labels_.data();
  for (Index row = 0; row < size(); ++row) {
    const bool whole = std::trunc(label[row]) == label[row];
    check(whole && label[row] >= 0 && label[row] < static_cast<Real>(classes_),
          "[dataset] expected integer labels from 0 to {}, got {} in row {}", classes_ - 1, label[row], row);
  }
}

Batch Dataset::operator[](Index i) const { return batch(std::array{i}); }

Real Dataset::label(Index i) const {
  const Tensor label = batch(std::array{i}).labels;
  check<ShapeError>(label.size() == 1, "[dataset] expected labels of one number, got shape {}; use data[i].labels",
                    label.shape().without_first());
  return label.item();
}

std::vector<double> Dataset::sample(Index i) const {
  const Tensor inputs = batch(std::array{i}).inputs;
  if (!exact_) return {inputs.values().begin(), inputs.values().end()};
  return {exact_.get() + i * inputs.size(), exact_.get() + (i + 1) * inputs.size()};
}

Dataset Dataset::with_shape(const Shape& sample_shape) const {
  check<ShapeError>(sample_shape.size() == sample_shape_.size(),
                    "[dataset] expected a sample shape of {} elements, got {}", sample_shape_.size(), sample_shape);
  Dataset result = *this;
  result.sample_shape_ = sample_shape;
  return result;
}

Dataset Dataset::take(Index begin, Index end) const {
  check(0 <= begin && begin < end && end <= size(),
        "[dataset] expected a non-empty range of the {} samples, got [{}, {})", size(), begin, end);
  Dataset result = *this;
  if (bytes_) result.bytes_ = {bytes_, bytes_.get() + begin * sample_shape_.size()};
  if (exact_) result.exact_ = {exact_, exact_.get() + begin * sample_shape_.size()};
  if (inputs_.defined()) result.inputs_ = inputs_.rows(begin, end);
  result.labels_ = labels_.rows(begin, end);
  if (has_weights()) result.weights_ = weights_.rows(begin, end);
  return result;
}

Dataset Dataset::shuffled(std::uint64_t seed) const {
  Generator generator(seed);
  std::vector<Index> order = all_positions();
  shuffle(order, generator);
  Dataset result(batch(order), classes_);
  if (!exact_) return result;
  std::vector<double> exact;
  for (const Index i : order) std::ranges::copy(sample(i), std::back_inserter(exact));
  result.exact_ = share(std::move(exact));
  return result;
}

std::pair<Dataset, Dataset> Dataset::split(double fraction) const {
  check(fraction > 0 && fraction < 1, "[dataset] expected a fraction above 0 and below 1, got {}", fraction);
  const auto first = static_cast<Index>(std::floor(static_cast<double>(size()) * (1 - fraction)));
  check(first > 0 && first < size(),
        "[dataset] expected a fraction that leaves samples in both parts, got {} of {} samples", fraction, size());
  return {take(0, first), take(first, size())};
}

Dataset Dataset::with_weights(const Tensor& weights) const {
  check<ShapeError>(weights.shape() == Shape{size()}, "[dataset] expected weights of shape {}, got {}", Shape{size()},
                    weights.shape());
  check_finite("weights", weights);
  const auto values = weights.values();
  const auto min = std::ranges::min_element(values);
  check(*min >= 0, "[dataset] expected non-negative weights, got {} in row {}", *min, min - values.begin());
  check(*std::ranges::max_element(values) > 0, "[dataset] expected a positive weight, got zeros only");
  Dataset result = *this;
  result.weights_ = weights;
  return result;
}

Dataset Dataset::with_class_weights(std::span<const double> weights) const {
  check(std::ssize(weights) == classes_ && classes_ > 0, "[dataset] expected {} class weights, one per class, got {}{}",
        classes_, weights.size(), classes_ == 0 ? "; use with_weights for regression" : "");
  for (std::size_t i = 0; i < weights.size(); ++i) {
    check(std::isfinite(weights[i]) && weights[i] >= 0,
          "[dataset] expected finite, non-negative class weights, got {} for class {}", weights[i], i);
  }
  Tensor all = Tensor::empty({size()});
  for (Index row = 0; row < size(); ++row) {
    const double weight = weights[static_cast<std::size_t>(labels_.data()[row])];
    all.data()[row] = static_cast<Real>(weight) * (has_weights() ? weights_.data()[row] : Real(1));
  }
  return with_weights(all);
}

std::vector<Index> Dataset::all_positions() const {
  std::vector<Index> positions(static_cast<std::size_t>(size()));
  std::iota(positions.begin(), positions.end(), Index{0});
  return positions;
}

Batch Dataset::batch() const { return batch(all_positions()); }

Batch Dataset::batch(std::span<const Index> positions) const {
  Batch batch;
  fill(batch, positions);
  return batch;
}

void Dataset::fill(Batch& batch, std::span<const Index> positions) const {
  for (const Index i : positions) {
    check(i >= 0 && i < size(), "[dataset] expected positions from 0 to {}, got {}", size() - 1, i);
  }
  const auto count = static_cast<Index>(positions.size());
  const Shape labels_shape = labels_.shape().with(0, count);
  Real* inputs = writable(batch.inputs, sample_shape_.prepend(count));
  Real* labels = writable(batch.labels, labels_shape);
  if (bytes_) {
    gather(bytes_.get(), positions, sample_shape_.size(), inputs, [](std::uint8_t byte) { return Real(byte) / 255; });
  } else {
    gather(inputs_.data(), positions, sample_shape_.size(), inputs, unchanged);
  }
  gather(labels_.data(), positions, labels_shape.without_first().size(), labels, unchanged);
  if (!has_weights()) {
    batch.weights = Tensor();
  } else {
    gather(weights_.data(), positions, 1, writable(batch.weights, {count}), unchanged);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
