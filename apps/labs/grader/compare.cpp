#include "compare.h"

#include <fmt/format.h>

#include <cstdio>

namespace lab {

namespace {

struct Times {
  double yours = 0;
  double reference = 0;
  bool ran = true;
};

/// Of the cases of a task, or of all.
Times time_cases(Context& context, const Lab& lab, const Library& library, const std::string& task) {
  Times times;
  for (const CaseName& name : context.workshop.cases(lab)) {
    if (!task.empty() && name.task != task) continue;
    const double own = context.workshop.time_case(lab, {library.folder}, name, seed_of(name));
    times.ran = times.ran && own > 0;
    times.yours += own;
    times.reference += context.workshop.time_case(lab, {}, name, seed_of(name));
  }
  times.ran = times.ran && times.reference > 0;
  return times;
}

}  // namespace

std::optional<double> speed_ratio(Context& context, const Lab& lab) {
  context.workshop.prepare_fast(lab);
  const Library library = context.workshop.compiler().compile(lab, context.student.file(lab), Flags::fast);
  if (!library.good) return std::nullopt;
  const Times times = time_cases(context, lab, library, "");
  return times.ran ? std::optional(times.yours / times.reference) : std::nullopt;
}

int compare(Context& context, const std::vector<const Lab*>& labs) {
  for (const Lab* lab : labs) {
    const fs::path file = context.student.file(*lab);
    if (!fs::exists(file)) {
      if (labs.size() == 1) throw Error(fmt::format("there is no {}: 'lab start' copies it", file.string()));
      continue;
    }
    context.workshop.prepare_fast(*lab);
    const Library library = context.workshop.compiler().compile(*lab, file, Flags::fast);
    fmt::print("{:<48.48}{:>10}{:>11}{:>7}\n", fmt::format("Lab {} - {}", lab->number, lab->title), "yours",
               "reference", "ratio");
    if (!library.good) {
      fmt::print("  does not compile: 'lab grade {}' says why\n", lab->number);
      continue;
    }
    for (const Task& task : lab->tasks) {
      const Times times = time_cases(context, *lab, library, task.id);
      const std::string left = fmt::format("  {} {}", task.id, task.title);
      if (!times.ran) {
        fmt::print("{:<48.48}{:>28}\n", left, "does not run");
      } else {
        fmt::print("{:<48.48}{:>7.1f} us{:>8.1f} us{:>7.2f}\n", left, 1e6 * times.yours, 1e6 * times.reference,
                   times.yours / times.reference);
      }
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace lab
