#pragma once  // internal

#include <gradus/train/callback.h>

#include <filesystem>

namespace gradus::inline GRADUS_PRECISION {

/// Writes the state of a training to a safetensors file: tensors by name, and all numbers in the metadata. Throws
/// FileError if the file cannot be written, and for weights that are not finite.
void save_checkpoint(const TrainingState& state, const std::filesystem::path& path);

/// Reads a checkpoint. Throws FileError for a damaged file or another kind of file.
class CheckpointFile {
 public:
  explicit CheckpointFile(const std::filesystem::path& path);
  ~CheckpointFile();

  /// Throws StateError, naming the file, if it is of another training: of another model, optimizer, data or callbacks.
  /// Nothing has changed then, unless only the state of the optimizer or of a callback has other names or shapes.
  void restore(TrainingState& state) const;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace gradus::inline GRADUS_PRECISION
