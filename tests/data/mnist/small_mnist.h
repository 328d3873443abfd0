#pragma once

#include <gradus/data/dataset.h>

#include "data/mnist/idx_files.h"
#include "support/temporary_folder.h"

#include <cmath>
#include <string>
#include <vector>

/// A folder in the format of MNIST, with three images for training and two for testing.
struct SmallMnist {
  SmallMnist() {
    idx_files::write(folder / "train-images-idx3-ubyte", idx_files::idx({3, 28, 28}));
    idx_files::write(folder / "train-labels-idx1-ubyte", idx_files::labels({7, 0, 9}));
    idx_files::write(folder / "t10k-images.idx3-ubyte.gz", idx_files::gzip(idx_files::idx({2, 28, 28})));
    idx_files::write(folder / "t10k-labels.idx1-ubyte", idx_files::labels({1, 2}));
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }

  TemporaryFolder folder;
};

/// How many samples have each of the ten labels.
inline std::vector<gradus::Index> frequency(const gradus::Dataset& data) {
  std::vector<gradus::Index> count(10);
  const gradus::Batch batch = data.batch();
  for (const gradus::Real label : batch.labels.values()) ++count[static_cast<std::size_t>(label)];
  return count;
}

inline double sum_of_bytes(const gradus::Dataset& data) {
  double sum = 0;
  const gradus::Batch batch = data.batch();
  for (const gradus::Real value : batch.inputs.values()) sum += std::round(double(value) * 255);
  return sum;
}
