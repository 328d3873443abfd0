#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

// Classification problems with points in the plane, inputs (N, 2). Classes are equally frequent, samples are shuffled.
// `noise` is the standard deviation of normal noise on both coordinates. The same seed gives the same points. All
// functions throw ValueError for options out of range: at most 10 million samples, noise from 0 to 100.

struct SpiralsOptions {
  Index samples = 300;  ///< at least one per class
  Index classes = 3;    ///< one arm per class, 2 to 100
  double turns = 0.75;  ///< of each arm, above 0, at most 100
  double noise = 0.03;
  std::uint64_t seed = 0;
};

/// Arms from the origin to the unit circle: radius t and angle 2 pi (class / classes + turns t), t evenly spaced from 0
/// to 1.
Dataset spirals(const SpiralsOptions& options = {});

struct MoonsOptions {
  Index samples = 200;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Two interleaved half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t evenly spaced from 0 to pi, as
/// make_moons in scikit-learn.
Dataset moons(const MoonsOptions& options = {});

struct BlobsOptions {
  Index samples = 300;
  Index classes = 3;  ///< 2 to 100
  double noise = 0.2;
  std::uint64_t seed = 0;
};

/// Normal distributions around equidistant points on the unit circle.
Dataset blobs(const BlobsOptions& options = {});

struct XorOptions {
  Index samples = 4;  ///< at least 4
  double noise = 0;
  std::uint64_t seed = 0;
};

/// The corners (0, 0), (1, 0), (0, 1) and (1, 1) in turn; the class is the exclusive or of the coordinates.
Dataset xor_points(const XorOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
