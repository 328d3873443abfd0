#include <gradus/train/progress_bar.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// "mean absolute error"
std::string words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

constexpr const char* erase_line = "\r\033[K";

}  // namespace

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  return whole < 3600 ? fmt::format("{} min {:02} s", whole / 60, whole % 60)
                      : fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

ProgressBar::ProgressBar(std::string label) : label_(std::move(label)), terminal_(isatty(STDOUT_FILENO) != 0) {
  if (!label_.empty()) label_ += "  ";
}

void ProgressBar::on_step_end(TrainingState& state) {
  constexpr double between = 0.1;
  if (!terminal_ || (state.seconds - shown_at_ < between && state.total_steps > 1)) return;
  shown_at_ = state.seconds;
  const auto done = static_cast<double>(state.total_steps);
  const double left = state.seconds / done * (static_cast<double>(state.steps * state.epochs) - done);
  fmt::print("{}{}epoch {}/{}  step {}/{}  {} left  loss {:.4f}  {} {:.4f}", erase_line, label_, state.epoch,
             state.epochs, state.step, state.steps, duration(left), state.training.loss,
             state.classes > 0 ? "accuracy" : "error",  // a longer word would break the line at 80 columns
             state.value(state.metric()));
  std::fflush(stdout);
}

void ProgressBar::on_epoch_end(TrainingState& state) {
  std::string line =
      fmt::format("{}epoch {:>2}/{}  {:.2f} s  loss {:.4f}  {} {:.4f}", label_, state.epoch, state.epochs,
                  state.epoch_seconds, state.training.loss, words(state.metric()), state.value(state.metric()));
  if (state.validation && !std::isnan(state.validation->loss)) {  // NaN if the epoch was interrupted
    line += fmt::format(" | val {:.4f}  {:.4f}", state.validation->loss,
                        state.value(fmt::format("validation_{}", state.metric())));
  }
  fmt::print("{}{}\n", terminal_ ? erase_line : "", line);
  std::fflush(stdout);
}

}  // namespace gradus::inline GRADUS_PRECISION
