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

/// n samples, ready for a model. Taken apart as `const auto& [inputs, labels]`, by reference; who uses weights asks for
/// them by name.
struct Batch {
  Tensor inputs;  ///< (n, sample shape)
  /// Class indices, shape (n), as Real (exact up to 2^24); for regression the targets, shape (n, ...).
  Tensor labels;
  Tensor weights = {};  ///< (n), or undefined: every sample counts 1

  template <std::size_t i>
  Tensor& get() {
    return i == 0 ? inputs : labels;
  }
  template <std::size_t i>
  const Tensor& get() const {
    return i == 0 ? inputs : labels;
  }
};

/// N samples of one shape with their labels. The inputs are a tensor, or bytes such as pixels, which become byte / 255
/// when a batch is made. Copies and views share the samples.
class Dataset {
 public:
  /// Bytes, one sample after the other, and one class index per sample. Throws ShapeError unless sizes agree and there
  /// is a sample, ValueError for a label not in 0 ... classes-1.
  Dataset(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> labels, const Shape& sample_shape,
          Index classes);
  /// Inputs (N, ...) and class indices (N), or for regression (classes = 0) targets (N, ...). Shares both tensors.
  /// Throws as above, and ValueError for NaN or infinity in inputs and targets.
  Dataset(const Tensor& inputs, const Tensor& labels, Index classes = 0);
  /// The samples of a batch with their weights, if it has any. Shares the tensors. Throws as above.
  Dataset(const Batch& batch, Index classes);

  Index size() const { return labels_.shape()[0]; }
  const Shape& sample_shape() const { return sample_shape_; }
  /// The number of classes, 0 for regression.
  Index classes() const { return classes_; }

  /// The same samples under another shape of equal size, such as {28, 28, 1} for {784}. A view.
  Dataset with_shape(const Shape& sample_shape) const;
  /// Samples [begin, end), at least one. A view.
  Dataset take(Index begin, Index end) const;

  /// A copy in random order, for files that are sorted by class.
  Dataset shuffled(std::uint64_t seed) const;
  /// All but the last `share` of the samples, and these, as Keras' validation_split takes them: in the order of the
  /// dataset, the first floor(N (1 - share)) and the others. Views. Throws ValueError unless both have a sample.
  std::pair<Dataset, Dataset> split(double share) const;

  /// The same samples, each with its weight in the loss; shape (N). Shares the tensor. Throws ShapeError for another
  /// shape, ValueError unless all are finite, none is negative and one is above 0.
  Dataset with_weights(const Tensor& weights) const;
  /// The same samples, each with the weight of its class, times the weight it has already. Throws ValueError as above,
  /// and unless there are classes and a weight for each.
  Dataset with_class_weights(std::span<const double> weights) const;
  Dataset with_class_weights(std::initializer_list<double> weights) const {
    return with_class_weights(std::span(weights.begin(), weights.size()));
  }
  bool has_weights() const { return weights_.defined(); }

  /// All samples.
  Batch batch() const;
  /// The samples at these positions, in this order.
  Batch batch(std::span<const Index> positions) const;
  /// The same, into the tensors of `batch` where their shapes fit and nobody else holds them.
  void fill(Batch& batch, std::span<const Index> positions) const;

 private:
  void check_labels() const;

  std::shared_ptr<const std::uint8_t[]> bytes_;  // either these
  Tensor inputs_;                                // or this
  Tensor labels_;
  Tensor weights_;  // undefined: all 1
  Shape sample_shape_;
  Index classes_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION

template <>
struct std::tuple_size<gradus::Batch> : std::integral_constant<std::size_t, 2> {};
template <std::size_t i>
struct std::tuple_element<i, gradus::Batch> : std::type_identity<gradus::Tensor> {};
