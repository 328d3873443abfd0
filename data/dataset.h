#pragma once

#include <gradus/core/tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// n samples, ready for a model.
struct Batch {
  Tensor inputs;  ///< (n, sample shape)
  /// Class indices, shape (n), as Real (exact up to 2^24); for regression the targets, shape (n, ...).
  Tensor labels;
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

  Index size() const { return labels_.shape()[0]; }
  const Shape& sample_shape() const { return sample_shape_; }
  /// The number of classes, 0 for regression.
  Index classes() const { return classes_; }

  /// The same samples under another shape of equal size, such as {28, 28, 1} for {784}. A view.
  Dataset with_shape(const Shape& sample_shape) const;
  /// Samples [begin, end), at least one. A view.
  Dataset take(Index begin, Index end) const;

  /// The samples at these positions, in this order.
  Batch batch(std::span<const Index> positions) const;
  /// The same, into the tensors of `batch` where their shapes fit and nobody else holds them.
  void fill(Batch& batch, std::span<const Index> positions) const;

 private:
  void check_labels() const;

  std::shared_ptr<const std::uint8_t[]> bytes_;  // either these
  Tensor inputs_;                                // or this
  Tensor labels_;
  Shape sample_shape_;
  Index classes_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
