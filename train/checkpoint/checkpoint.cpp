#include <gradus/train/checkpoint/checkpoint.h>

#include <gradus/core/message.h>
#include <gradus/train/checkpoint/checkpoint_file.h>
#include <gradus/train/checkpoint/run_folder.h>

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

namespace gradus::inline GRADUS_PRECISION {

Checkpoint::Checkpoint(std::filesystem::path folder, const CheckpointOptions& options)
    : path_(std::move(folder)), options_(options) {
  check(!path_.empty(), "[checkpoint] expected a folder, got an empty path");
  check(options.every_steps >= 0 && options.every_epochs >= 0,
        "[checkpoint] expected saves every 1 or more steps and epochs, or 0 for none, got {} and {}",
        options.every_steps, options.every_epochs);
  check(options.every_minutes >= 0 && std::isfinite(options.every_minutes),
        "[checkpoint] expected saves after a finite number of minutes, or 0 for none, got {}", options.every_minutes);
  check(options.keep >= 1, "[checkpoint] expected to keep at least 1 checkpoint, got {}", options.keep);
  if (!options.monitor.empty()) monitor_.emplace("checkpoint", options.monitor);
}

Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

void Checkpoint::on_train_begin(TrainingState& state) {
  best_ = saved_ = -1;
  saved_seconds_ = 0;
  failure_.clear();
  skipped_.clear();
  resumed_from_.clear();
  if (monitor_) monitor_->reset(state);
  folder_ = std::make_unique<RunFolder>(path_);
  try {
    resume(state);
  } catch (...) {
    folder_.reset();  // on_train_end is not called
    throw;
  }
}

void Checkpoint::resume(TrainingState& state) {
  const std::vector<RunFolder::Entry> checkpoints = folder_->checkpoints();
  if (checkpoints.empty()) return;
  check<StateError>(options_.resume,
                    "{}: expected a folder without checkpoints, got {} of an earlier run; set .resume = true to go on "
                    "with it, or choose another folder",
                    path_.string(), checkpoints.size());
  for (const auto& [steps, path] : checkpoints) {
    SavedTraining saved;
    try {
      saved = read_checkpoint(path);
    } catch (const FileError& error) {
      skipped_.emplace_back(error.what());
      if (options_.verbose) print_message(stdout, fmt::format("skipped {}\n", skipped_.back()));
      continue;
    }
    restore(saved, state);
    resumed_from_ = path;
    saved_ = steps;
    saved_seconds_ = state.seconds;
    if (options_.verbose) {
      print_message(stdout,
                    fmt::format("resumed from {}: epoch {}, step {}\n", path.string(), state.epoch, state.step));
    }
    return;
  }
  throw FileError(fmt::format("{}: expected a valid checkpoint, got {} that are not; the newest: {}", path_.string(),
                              skipped_.size(), skipped_.front()));
}

void Checkpoint::on_step_end(TrainingState& state) {
  const bool due = options_.every_steps > 0 && state.total_steps % options_.every_steps == 0;
  const bool late = options_.every_minutes > 0 && state.seconds - saved_seconds_ >= 60 * options_.every_minutes;
  if (due || late || state.interrupted) save(state);
}

void Checkpoint::on_epoch_end(TrainingState& state) {
  // Interrupted after a step, the epoch is not complete: what was saved then goes on with its rest.
  if (state.interrupted && saved_ == state.total_steps) return;
  const bool best = monitor_ && monitor_->improved(state);
  if (best) best_ = state.total_steps;
  const bool due = options_.every_epochs > 0 && state.epoch % options_.every_epochs == 0;
  if (due || best || state.interrupted) save(state);
}

void Checkpoint::on_train_end(TrainingState& /*state*/) {
  folder_.reset();
  check<FileError>(failure_.empty(), "{}", failure_);
}

void Checkpoint::visit_state(Archive& archive) {
  archive("best", best_);
  if (monitor_) archive("monitor", *monitor_);
}

void Checkpoint::save(const TrainingState& state) {
  saved_seconds_ = state.seconds;  // also if it fails, so that not every step tries again
  try {
    save_checkpoint(state, folder_->path_of(state.total_steps));
  } catch (const FileError& error) {
    if (failure_.empty()) print_message(stderr, fmt::format("{}; training goes on\n", error.what()));
    failure_ = error.what();
    return;
  }
  failure_.clear();
  saved_ = state.total_steps;
  remove_old(state.total_steps);
}

void Checkpoint::remove_old(Index steps) const {
  int kept = 0;
  for (const auto& [saved, path] : folder_->checkpoints()) {
    if (saved > steps || saved == best_ || ++kept <= options_.keep) continue;  // newer ones: not valid, and left alone
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
