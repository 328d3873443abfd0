#pragma once

#include <gradus/data/mnist/mnist.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace study {

/// The size of the study: `quick` uses the built-in samples and few steps, for a first look and for tests; `full` is
/// for numbers to quote.
enum class Scale { quick, standard, full };
std::string to_string(Scale scale);

constexpr int default_seeds = 8;
constexpr std::uint64_t default_seed = 42;

/// The settings that all runs of a study share.
struct Setting {
  Scale scale = Scale::standard;
  int seeds = default_seeds;
  std::uint64_t first_seed = default_seed;
  gradus::TrainTest digits;     ///< MNIST
  gradus::TrainTest clothing;   ///< Fashion-MNIST
  std::string digits_source;    ///< "6,000 + 1,000 digits of MNIST (built-in sample)"
  std::string clothing_source;  ///< likewise for Fashion-MNIST

  /// The value for the scale.
  template <class T>
  T pick(T quick, T standard, T full) const {
    return scale == Scale::quick ? quick : scale == Scale::standard ? standard : full;
  }
};

/// "8 seeds, 42 to 49"
std::string seeds_of(const Setting& setting);

/// Loads the data: MNIST from `folder`, or the built-in sample if `folder` is empty; Fashion-MNIST from the Debian
/// package if it is installed and the scale is not quick, otherwise the built-in sample. 0 seeds means
/// the default.
Setting make_setting(Scale scale, int seeds, const std::filesystem::path& folder);

}  // namespace study
