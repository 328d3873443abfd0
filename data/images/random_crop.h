#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

struct RandomCropOptions {
  Index padding = 4;  ///< maximum shift in pixels, down and across
  bool flip = true;   ///< mirror half of the images left to right
  Index cutout = 0;   ///< side of a square that is set to 0; 0: none
};

/// Augments images (n, height, width, channels) of a batch, as is usual for CIFAR-10: pads with zeros and cuts the old
/// size out at random (He et al. 2016), mirrors, and erases a square (DeVries & Taylor, "Improved Regularization of
/// Convolutional Neural Networks with Cutout", 2017), whose center is anywhere in the image.
///
///     Transformed(DataLoader(train, {.shuffle = true}), RandomCrop{})
///
/// The result for image i depends only on the image, the key and i.
/// Several threads: the call is const and may run at the same time on different batches.
class RandomCrop {
 public:
  /// Throws ValueError for negative numbers.
  explicit RandomCrop(const RandomCropOptions& options = {});

  /// Throws ShapeError unless the inputs have four axes.
  void operator()(Batch& batch, RandomKey key) const;

 private:
  RandomCropOptions options_;
};

}  // namespace gradus::inline GRADUS_PRECISION
