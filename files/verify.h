#pragma once

#include <gradus/core/check.h>

#include <filesystem>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Checks a safetensors file, for example of `save_model` or a checkpoint, without making a model of it: that the
/// header agrees with the bytes that are there, checksums, types, finite values in every tensor and, where the file
/// describes a model, its configuration. Needs the memory of the largest tensor. Returns a line on what the file holds;
/// throws FileError for the first fault.
std::string verify_file(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
