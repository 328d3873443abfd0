#pragma once  // internal

#include <gradus/train/callback.h>

#include <filesystem>
#include <map>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Writes the state of a training to a safetensors file: tensors by name, and all numbers in the metadata. Throws
/// FileError if the file cannot be written, and for weights that are not finite.
void save_checkpoint(const TrainingState& state, const std::filesystem::path& path);

/// The content of a checkpoint.
struct SavedTraining {
  std::string path;
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> texts;
};

/// Throws FileError for a damaged file or another kind of file.
SavedTraining read_checkpoint(const std::filesystem::path& path);

/// Throws StateError, naming the file, if it is of another training: of another model, optimizer, data or callbacks; or
/// has numbers that no training has. Throws FileError for weights that are not finite. Nothing has changed then, unless
/// only the state of the optimizer or of a callback has other names or shapes.
void restore(const SavedTraining& saved, TrainingState& state);

}  // namespace gradus::inline GRADUS_PRECISION
