#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

// Points in the plane, inputs (N, 2) with classes: problems to look at. Sample i has class i modulo the number of
// classes, so that all are equally frequent, then the order is shuffled. `noise` is the standard deviation of what is
// added to both coordinates. The same seed gives the same points. All throw ValueError for samples fewer than there are
// classes or more than 10 million, and for noise that is negative or above 100.

struct SpiralsOptions {
  Index samples = 300;
  Index classes = 3;    ///< one arm each, 2 to 100
  double turns = 0.75;  ///< of each arm, above 0, at most 100
  double noise = 0.03;
  std::uint64_t seed = 0;
};

/// Arms from the centre to the unit circle: radius t and angle 2 pi (class / classes + turns t), t evenly from 0 to 1.
Dataset spirals(const SpiralsOptions& options = {});

struct MoonsOptions {
  Index samples = 200;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Two half circles that reach into each other: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t evenly from 0 to pi, as
/// scikit-learn's make_moons.
Dataset moons(const MoonsOptions& options = {});

struct BlobsOptions {
  Index samples = 300;
  Index classes = 3;  ///< 2 to 100
  double noise = 0.2;
  std::uint64_t seed = 0;
};

/// Normal clouds around points at equal distances on the unit circle.
Dataset blobs(const BlobsOptions& options = {});

struct XorOptions {
  Index samples = 4;  ///< at least 4
  double noise = 0;
  std::uint64_t seed = 0;
};

/// The corners (0, 0), (1, 0), (0, 1) and (1, 1) in turn; the class is 1 where one coordinate alone is 1.
Dataset xor_points(const XorOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
