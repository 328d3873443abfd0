#pragma once

#include <gradus/data/mnist.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace study {

/// How much is done: quick on the built-in samples, for a look and for tests; full for numbers to quote.
enum class Scale { quick, standard, full };
std::string to_string(Scale scale);

/// What all runs of a study have in common.
struct Setting {
  Scale scale = Scale::standard;
  int seeds = 5;
  std::uint64_t first_seed = 42;
  gradus::TrainTest digits;     ///< MNIST
  gradus::TrainTest clothing;   ///< Fashion-MNIST
  std::string digits_source;    ///< "the 6,000 + 1,000 digits of MNIST that are built in"
  std::string clothing_source;  ///< the same of Fashion-MNIST

  /// The one for the scale.
  template <class T>
  T pick(T quick, T standard, T full) const {
    return scale == Scale::quick ? quick : scale == Scale::standard ? standard : full;
  }
};

/// "5 seeds"
std::string seeds_of(const Setting& setting);

/// Loads the data: MNIST from `folder`, or the built-in sample if it is empty; Fashion-MNIST from Debian's package if
/// it is there and the scale is not quick, otherwise the built-in sample. Seeds 0 means 3 for quick, otherwise 5.
Setting make_setting(Scale scale, int seeds, const std::filesystem::path& folder);

}  // namespace study
