#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// n samples as tensors. `const auto& [inputs, labels] = batch` binds references to both; weights are accessed by name.
struct Batch {
  Tensor inputs;  ///< (n, sample shape)
  /// Class indices, shape (n), as Real (exact up to 2^24); for regression the targets, shape (n, ...).
  Tensor labels;
  Tensor weights = {};  ///< (n), or undefined for weights of 1

  template <std::size_t i>
  Tensor& get() {
    return i == 0 ? inputs : labels;
  }
  template <std::size_t i>
  const Tensor& get() const {
    return i == 0 ? inputs : labels;
  }
};

/// N samples of one shape, with labels. Inputs are a tensor; or bytes, such as pixels, which batches convert to
/// byte / 255; or doubles, which batches round to Real. Copies and views share the samples.
/// Several threads: const functions may run at the same time, `fill` with different batches.
class Dataset {
 public:
  /// Bytes of N >= 1 samples, one after the other, and N class indices. Throws ShapeError for other sizes, ValueError
  /// for labels outside 0 ... classes-1.
  Dataset(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> labels, const Shape& sample_shape,
          Index classes);
  /// Inputs (N, ...) and class indices (N), or targets (N, ...) for regression (classes = 0). Shares both tensors.
  /// Throws as above, and ValueError for NaN and infinity.
  Dataset(const Tensor& inputs, const Tensor& labels, Index classes = 0);
  /// Numbers of N >= 1 samples in double precision, one sample after the other, and labels or targets as above. For
  /// inputs that Real would round before they are standardized, such as timestamps. Throws as above.
  Dataset(std::vector<double> inputs, const Tensor& labels, const Shape& sample_shape, Index classes = 0);
  /// Samples without labels, for `predict`: labels of shape (N, 0). Throws as above.
  explicit Dataset(const Tensor& inputs);
  /// The samples of a batch, with weights if defined. Shares the tensors. Throws as above.
  Dataset(const Batch& batch, Index classes);

  Index size() const { return labels_.shape()[0]; }
  const Shape& sample_shape() const { return sample_shape_; }
  /// Number of classes, 0 for regression.
  Index classes() const { return classes_; }
  bool has_labels() const { return labels_.size() > 0; }

  /// Sample i as a batch of one, inputs (1, ...). Throws ValueError unless 0 <= i < size().
  Batch operator[](Index i) const;
  /// Class index or target of sample i. Throws as above, and ShapeError unless the label is one number.
  Real label(Index i) const;
  /// The inputs of sample i, in double precision. Throws as `operator[]`.
  std::vector<double> sample(Index i) const;

  /// The same samples with another shape of equal size, such as {28, 28, 1} for {784}. A view.
  Dataset with_shape(const Shape& sample_shape) const;
  /// Samples [begin, end), at least one. A view. Throws ValueError for other ranges.
  Dataset take(Index begin, Index end) const;
  Dataset take(Index count) const { return take(0, count); }

  /// A copy in random order, for data sorted by class.
  Dataset shuffled(std::uint64_t seed) const;
  /// The first floor(N (1 - fraction)) samples and the others, as validation_split in Keras. Views. Throws ValueError
  /// if either part is empty.
  std::pair<Dataset, Dataset> split(double fraction) const;

  /// The same samples with weights in the loss, shape (N). Shares the tensor. Throws ShapeError for another shape,
  /// ValueError unless all weights are finite and non-negative and one is positive.
  Dataset with_weights(const Tensor& weights) const;
  /// The same samples with the weight of their class, multiplied by existing weights. Throws ValueError as above, and
  /// unless there is one weight per class.
  Dataset with_class_weights(std::span<const double> weights) const;
  Dataset with_class_weights(std::initializer_list<double> weights) const {
    return with_class_weights(std::span(weights.begin(), weights.size()));
  }
  bool has_weights() const { return weights_.defined(); }
  /// Shape (N), or undefined for weights of 1.
  const Tensor& weights() const { return weights_; }

  /// All samples.
  Batch batch() const;
  /// The samples at these positions, in this order. Throws ValueError for positions outside 0 ... size()-1.
  Batch batch(std::span<const Index> positions) const;
  /// Writes the samples to `batch`, into its tensors where they have the right shape and no other owner.
  void fill(Batch& batch, std::span<const Index> positions) const;

 private:
  void check_labels() const;
  std::vector<Index> all_positions() const;

  std::shared_ptr<const std::uint8_t[]> bytes_;  // null if inputs_ is defined
  Tensor inputs_;
  std::shared_ptr<const double[]> exact_;  // inputs_ before rounding; null if there is nothing to round
  Tensor labels_;
  Tensor weights_;  // undefined for weights of 1
  Shape sample_shape_;
  Index classes_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION

template <>
struct std::tuple_size<gradus::Batch> : std::integral_constant<std::size_t, 2> {};
template <std::size_t i>
struct std::tuple_element<i, gradus::Batch> : std::type_identity<gradus::Tensor> {};
