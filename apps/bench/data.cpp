#include "data.h"

#include "timing.h"

#include <gradus/data/loader.h>
#include <gradus/data/mnist/mnist.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <numeric>

using namespace gradus;

namespace {

/// The same samples with inputs that are numbers already, instead of bytes that become some for every batch.
Dataset as_numbers(const Dataset& data) {
  std::vector<Index> all(static_cast<std::size_t>(data.size()));
  std::iota(all.begin(), all.end(), Index{0});
  const Batch batch = data.batch(all);
  return Dataset(batch.inputs, batch.labels, data.classes());
}

/// One way to load a dataset.
struct Way {
  std::string_view name;
  bool shuffle;
  bool numbers;  ///< as the dataset holds them; otherwise bytes
  bool keep;     ///< holds every batch while the next is made, so that each gets tensors of its own
};

constexpr Way ways[] = {
    {"in order", false, false, false},
    {"shuffled", true, false, false},
    {"shuffled, batches kept", true, false, true},
    {"shuffled, from Real", true, true, false},
};

/// The median time of an epoch, with the shuffling at its begin.
double epoch_seconds(const Dataset& data, const Way& way, Index batch_size) {
  DataLoader loader(data, {.batch_size = batch_size, .shuffle = way.shuffle, .seed = 0});
  Batch kept;
  return median_seconds(0.3, [&] {
    for (const Batch& batch : loader) {
      if (way.keep) kept = batch;
    }
  });
}

void bench_dataset(const std::string& name, const Dataset& data, const DataOptions& options) {
  const Dataset numbers = as_numbers(data);
  for (const Way& way : ways) {
    const double seconds = epoch_seconds(way.numbers ? numbers : data, way, options.batch);
    // Of an image and its label: what is read from the dataset, and what is written to the batch.
    const auto pixels = static_cast<double>(data.sample_shape().size());
    const double read = pixels * (way.numbers ? sizeof(Real) : 1) + sizeof(Real);
    const double written = (pixels + 1) * sizeof(Real);
    const double images = static_cast<double>(data.size()) / seconds;
    const double gb = 1e-9 * images * (read + written);
    if (options.json) {
      const nlohmann::ordered_json line{{"data", name},           {"way", way.name},           {"images", data.size()},
                                        {"batch", options.batch}, {"epoch_ms", 1e3 * seconds}, {"images_per_s", images},
                                        {"gb_per_s", gb}};
      fmt::print("{}\n", line.dump());
    } else {
      fmt::print("{:10}{:26}{:>10.2f} ms{:>15.0f}{:>9.2f}\n", name, way.name, 1e3 * seconds, images, gb);
    }
    std::fflush(stdout);
  }
}

}  // namespace

void bench_data(const DataOptions& options) {
  std::vector<std::pair<std::string, Dataset>> sets{{"sample", load_digits_sample().train}};
  if (!options.data.empty()) sets.emplace_back("MNIST", load_mnist(options.data).train);
  if (!options.json) {
    fmt::print("batches of {}\n{:36}{:>13}{:>15}{:>9}\n", options.batch, "", "epoch", "images/s", "GB/s");
  }
  for (const auto& [name, data] : sets) bench_dataset(name, data, options);
}
