// Checkpoints, from which a training is to go on.
#include "safetensors_input.h"

#include <gradus/gradus.h>

#include <fmt/format.h>

#include <fstream>

using namespace gradus;

namespace {

/// A training of 2 epochs in this folder.
void train(const std::filesystem::path& folder) {
  set_seed(1);
  const Dataset data(Tensor::normal({8, 2}), Tensor::normal({8, 1}));
  Sequential model{Input{{2}}, Dense{2, {.use_bias = false}}, BatchNormalization{}, Dense{1}};
  Adam optimizer;
  EarlyStopping stopping({.monitor = "loss", .patience = 5});
  fit(model, optimizer, data,
      {.epochs = 2,
       .batch_size = 4,
       .show_progress = false,
       .callbacks = {&stopping},
       .checkpoint = Checkpoint(folder, {.keep = 1, .resume = true, .verbose = false})});
}

}  // namespace

void fuzz(Bytes bytes) {
  const TemporaryFolder folder;
  const auto [header, data] = halves(bytes);
  std::ofstream(folder / "checkpoint-000000002.safetensors", std::ios::binary) << safetensors(header, data);
  accepted<Error>([&] { train(folder / ""); });
}

void make_seeds() {
  const TemporaryFolder folder;
  train(folder / "");
  seed_without_checksums(folder / "checkpoint-000000004.safetensors");
}
