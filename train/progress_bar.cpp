#include <gradus/train/progress_bar.h>

#include <gradus/core/message.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// "mean absolute error"
std::string words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

/// "0.0123", or "2.014e+21" where this is shorter
std::string number(double x) { return std::abs(x) < 1e5 ? fmt::format("{:.4f}", x) : fmt::format("{:.4g}", x); }

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

constexpr const char* erase_line = "\r\033[K";

}  // namespace

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::string duration(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  return whole < 3600 ? fmt::format("{} min {:02} s", whole / 60, whole % 60)
                      : fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string progress_line(const TrainingState& state, const std::string& label, std::size_t columns) {
  std::string line = fmt::format("{}epoch {}/{}", label, state.epoch, state.epochs);
  const auto add = [&](const std::string& part) {
    if (line.size() + part.size() + 2 < columns) line += "  " + part;
  };
  add(fmt::format("step {}/{}", state.step, state.steps));
  add(fmt::format("loss {}", number(state.training.loss)));
  for (const auto& [name, value, better] : state.training.values) add(words(name) + " " + number(value));
  const auto done = static_cast<double>(state.total_steps);
  add(duration(state.seconds / done * (static_cast<double>(state.last_step) - done)) + " left");
  return line.substr(0, columns - 1);
}

ProgressBar::ProgressBar(std::string label) : label_(std::move(label)), terminal_(is_terminal()) {
  if (!label_.empty()) label_ += "  ";
}

void ProgressBar::on_step_end(TrainingState& state) {
  constexpr double between = 0.1;
  if (!terminal_ || (state.seconds - shown_at_ < between && state.total_steps > 1)) return;
  shown_at_ = state.seconds;
  print_message(stdout, erase_line + progress_line(state, label_, terminal_columns()));
  std::fflush(stdout);
}

void ProgressBar::on_epoch_end(TrainingState& state) {
  std::string line = fmt::format("{}epoch {:>2}/{}  {:.2f} s  loss {}", label_, state.epoch, state.epochs,
                                 state.epoch_seconds, number(state.training.loss));
  for (const auto& [name, value, better] : state.training.values) line += "  " + words(name) + " " + number(value);
  if (state.validation && !std::isnan(state.validation->loss)) {  // NaN if the epoch was interrupted
    line += " | val " + number(state.validation->loss);
    for (const auto& [name, value, better] : state.validation->values) line += "  " + number(value);
  }
  print_message(stdout, fmt::format("{}{}\n", terminal_ ? erase_line : "", line));
  std::fflush(stdout);
}

}  // namespace gradus::inline GRADUS_PRECISION
