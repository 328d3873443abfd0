#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

struct AugmentationOptions {
  Index rows = 28;
  Index columns = 28;
  double shift = 2;          ///< at most so many pixels, down or up and right or left
  double rotation = 10;      ///< at most so many degrees, either way
  double elastic_alpha = 0;  ///< strength of the elastic deformation; 34 for MNIST in the paper, 0 for none
  double elastic_sigma = 4;  ///< its smoothness, in pixels
};

/// How one image is deformed: by elastic displacements, a rotation around its centre, then a shift.
struct Deformation {
  double down = 0;      ///< pixels
  double right = 0;     ///< pixels
  double rotation = 0;  ///< degrees, counter-clockwise
  /// For every pixel how far below and right of its place it is looked up; null for none.
  const Real* elastic_down = nullptr;
  const Real* elastic_right = nullptr;
};

/// Writes the deformed image of rows x columns to `out`, by bilinear interpolation, with zeros around the image.
void deform(const Real* image, Index rows, Index columns, const Deformation& deformation, Real* out);

/// Deforms each image of a batch at random:
///
///     Transformed(DataLoader(train, {.shuffle = true}), Augmentation{{.shift = 2, .rotation = 10}})
///
/// Shifts and angle are uniform within their bounds. The elastic displacements are alpha times a field of uniform
/// numbers in [-1, 1) smoothed by a Gaussian of deviation sigma (Simard, Steinkraus, Platt: "Best practices for
/// convolutional neural networks applied to visual document analysis", 2003). Image i depends on the key and i alone.
class Augmentation {
 public:
  /// Throws ValueError unless rows and columns are from 1 to 4096, shift is from 0 to the shorter side, rotation from
  /// 0 to 180, alpha from 0 to 10,000 and sigma above 0 and at most 100.
  explicit Augmentation(const AugmentationOptions& options = {});

  /// Replaces the inputs, (n, rows * columns) or (n, rows, columns, 1). Throws ShapeError for others.
  void operator()(Batch& batch, RandomKey key) const;

 private:
  void displace(RandomKey key, std::uint64_t counter, Real* field, Real* scratch) const;

  AugmentationOptions options_;
  Tensor gaussian_;  // the weights at -radius ... radius, undefined without elastic deformation
};

}  // namespace gradus::inline GRADUS_PRECISION
