#include <gradus/train/callbacks/model_checkpoint.h>

#include <gradus/files/atomic_file.h>
#include <gradus/files/model_file.h>

#include <fmt/format.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string path_of(const std::string& pattern, int epoch) {
  try {
    return fmt::format(fmt::runtime(pattern), fmt::arg("epoch", epoch));
  } catch (const fmt::format_error&) {
    throw ValueError(fmt::format(
        "[model_checkpoint] expected a path with no braces but {{epoch}} or {{epoch:03}}, got {}", pattern));
  }
}

}  // namespace

ModelCheckpoint::ModelCheckpoint(std::string path, const ModelCheckpointOptions& options)
    : path_(std::move(path)), options_(options), monitor_("model_checkpoint", options.monitor) {
  path_of(path_, 1);
}

void ModelCheckpoint::on_train_begin(TrainingState& state) {
  if (options_.save_best_only) monitor_.reset(state);
  check_writable(path_of(path_, 1));
}

void ModelCheckpoint::on_epoch_end(TrainingState& state) {
  if (options_.save_best_only && !monitor_.improved(state)) return;
  const std::string path = path_of(path_, state.epoch);
  make_folder_of(path);  // its name may have the epoch
  save_model(state.model, path);
}

}  // namespace gradus::inline GRADUS_PRECISION
