#pragma once

#include <gradus/data/digits_sample.h>

#include <filesystem>

namespace gradus::inline GRADUS_PRECISION {

/// CIFAR-10 (Krizhevsky 2009) from the folder of its binary version, data_batch_1.bin to data_batch_5.bin and
/// test_batch.bin, raw or gzip: images (32, 32, 3) in [0, 1], channels last. The files hold each image as a byte of its
/// class and three planes of 32 x 32. Throws FileError, with the file, what was expected and what came, for a folder
/// without them and for files of another format.
TrainTest load_cifar10(const std::filesystem::path& folder);

}  // namespace gradus::inline GRADUS_PRECISION
