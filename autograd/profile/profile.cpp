#include <gradus/autograd/profile/profile.h>

#include <fmt/format.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

void Profile::lap(std::string_view operation, Pass pass) {
  const Clock::time_point now = Clock::now();
  auto row = std::ranges::find(rows_, operation, &Row::operation);
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{std::string(operation)});
  const double seconds = std::chrono::duration<double>(now - last_).count();
  if (pass == Pass::forward) {
    row->forward += seconds;
  } else {
    row->backward += seconds;
  }
  last_ = now;
}

void Profile::end_step() {
  lap("optimizer");
  count_step();
}

void Profile::skip() { last_ = Clock::now(); }

std::string to_string(const Profile& profile) {
  const double per_step = 1e6 / static_cast<double>(std::max<Index>(profile.steps(), 1));
  Profile::Row total{"total"};
  for (const Profile::Row& row : profile.rows()) {
    total.forward += row.forward;
    total.backward += row.backward;
  }
  std::string text =
      fmt::format("{:<32}{:>14}{:>14}{:>10}\n", "operation, microseconds per step", "forward", "backward", "share");
  const auto line = [&](const Profile::Row& row) {
    const double sum = row.forward + row.backward;
    const double share = sum > 0 ? 100 * sum / (total.forward + total.backward) : 0;
    text += fmt::format("{:<32.32}{:>14.2f}{:>14.2f}{:>8.1f} %\n", row.operation, per_step * row.forward,
                        per_step * row.backward, share);
  };
  for (const Profile::Row& row : profile.rows()) line(row);
  line(total);
  return text;
}

}  // namespace gradus::inline GRADUS_PRECISION
