#pragma once  // internal

#include <gradus/core/real.h>

#include <map>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Texts by name, of what a checkpoint holds besides tensors.
using TrainingTexts = std::map<std::string, std::string>;

bool has_training_state(const std::map<std::string, std::string>& metadata);

/// The entry of the metadata of a safetensors file that holds the texts.
std::pair<std::string, std::string> to_metadata(const TrainingTexts& texts);

/// The reverse, of metadata that has it. Throws FileError, with the file `path`, for anything else than `to_metadata`
/// writes.
TrainingTexts training_state_from(const std::string& path, const std::map<std::string, std::string>& metadata);

}  // namespace gradus::inline GRADUS_PRECISION
