#include "setting.h"

#include <gradus/core/check.h>
#include <gradus/data/images/fashion_mnist.h>

#include <utility>

using namespace gradus;

namespace study {

namespace {

constexpr const char* debian_clothing = "/usr/share/datasets/fashion-mnist";

std::string describe(const TrainTest& data, std::string_view what, std::string_view where) {
  return fmt::format("{} + {} {}{}", with_separators(data.train.size()), with_separators(data.test.size()), what,
                     where);
}

}  // namespace

std::string to_string(Scale scale) {
  switch (scale) {
    case Scale::quick:
      return "quick";
    case Scale::standard:
      return "standard";
    case Scale::full:
      return "full";
  }
  return "";
}

std::string seeds_of(const Setting& setting) {
  if (setting.seeds == 1) return fmt::format("1 seed, {}", setting.first_seed);
  return fmt::format("{} seeds, {} to {}", setting.seeds, setting.first_seed,
                     setting.first_seed + static_cast<std::uint64_t>(setting.seeds) - 1);
}

Setting make_setting(Scale scale, int seeds, const std::filesystem::path& folder) {
  constexpr const char* built_in = " (built-in sample)";
  const bool whole_clothing = scale != Scale::quick && std::filesystem::exists(debian_clothing);
  TrainTest digits = folder.empty() ? load_digits_sample() : load_mnist(folder);
  TrainTest clothing = whole_clothing ? load_fashion_mnist(debian_clothing) : load_clothing_sample();
  std::string digits_source = describe(digits, "digits of MNIST", folder.empty() ? built_in : "");
  std::string clothing_source = describe(clothing, "images of Fashion-MNIST", whole_clothing ? "" : built_in);
  return {.scale = scale,
          .seeds = seeds > 0 ? seeds : default_seeds,
          .digits = std::move(digits),
          .clothing = std::move(clothing),
          .digits_source = std::move(digits_source),
          .clothing_source = std::move(clothing_source)};
}

}  // namespace study
