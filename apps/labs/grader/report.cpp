#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lab {

namespace {

/// "[0][2]" for element 2 of the shape {4, 3}.
std::string index_in(std::size_t element, const std::vector<std::size_t>& shape) {
  std::string text;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] == 0) return fmt::format("[{}]", element);
    text = fmt::format("[{}]", element % shape[axis]) + text;
    element /= shape[axis];
  }
  return text;
}

/// With as many digits as it takes to see the difference.
std::pair<std::string, std::string> numbers(double got, double expected) {
  std::string a;
  std::string b;
  for (const int digits : {4, 6, 9, 12, 17}) {
    a = fmt::format("{:.{}g}", got, digits);
    b = fmt::format("{:.{}g}", expected, digits);
    const double shown = std::abs(std::stod(a) - std::stod(b));
    if (a != b && !(shown < 0.5 * std::abs(got - expected))) break;
  }
  return {a, b};
}

/// Two texts from some words before the first difference on; short ones as they are.
std::pair<std::string, std::string> differing_parts(const std::string& got, const std::string& expected) {
  constexpr std::size_t before = 30;
  constexpr std::size_t longest = 70;
  const auto end = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end()).first;
  const auto equal = static_cast<std::size_t>(end - got.begin());
  const bool all = equal <= before || std::max(got.size(), expected.size()) <= longest;
  const std::size_t start = all ? 0 : std::min(equal, got.find(' ', equal - before));
  const auto part = [&](const std::string& text) {
    return (start > 0 ? "..." : "") + shortened(text.substr(start), longest);
  };
  return {part(got), part(expected)};
}

std::string stages(const CaseVerdict& verdict, const Terminal& terminal) {
  constexpr std::size_t many = 8;  // of which those that are right are only counted
  std::vector<std::string> parts;
  std::size_t right = 0;
  for (const Stage& stage : verdict.stages) {
    switch (stage.status) {
      case Status::ok:
        if (verdict.stages.size() <= many) parts.push_back(stage.name + ' ' + terminal.green("ok"));
        ++right;
        break;
      case Status::wrong:
        parts.push_back(stage.name + ' ' + terminal.red("wrong"));
        break;
      case Status::missing:
        parts.push_back(stage.name + ' ' + terminal.red("MISSING"));
        break;
      case Status::waits:
        parts.push_back(terminal.grey(stage.name + " waits"));
        break;
    }
  }
  if (verdict.stages.size() > many && right > 0)
    parts.push_back(fmt::format("{} others {}", right, terminal.green("ok")));
  return joined(parts, " | ");
}

std::string first_bad(const CaseVerdict& verdict) {
  const auto bad = [&](Status status) -> const Stage* {
    for (const Stage& stage : verdict.stages) {
      if (stage.status == status) return &stage;
    }
    return nullptr;
  };
  if (const Stage* stage = bad(Status::wrong)) {
    const Observation& expected = *verdict.expected.find(stage->name);
    const Observation& got = *verdict.student.find(stage->name);
    std::string text = first_difference(got, expected, stage->first);
    if (expected.is_text || got.values.size() != expected.values.size() || stage->total <= 1) return text;
    if (!std::isfinite(expected.values[stage->first]))
      return text + fmt::format(", {} of {} wrong", stage->wrong, stage->total);
    return text + fmt::format(" (tolerance {:g} + {:g} |expected|), {} of {} wrong", expected.absolute,
                              expected.relative, stage->wrong, stage->total);
  }
  if (const Stage* stage = bad(Status::missing)) {
    if (verdict.student.find(stage->name) == nullptr) return "";
    return stage->name + " is NaN: not written, or computed from NaN, inf - inf or 0 / 0";
  }
  return "";
}

/// How the case ended, if it did not come to its end.
std::pair<std::string, std::string> ending(const CaseRun& run) {
  const std::string place = run.place.empty() ? "" : run.place + ": ";
  switch (run.end) {
    case End::crash:
      return {"crash", place + run.detail};
    case End::leak:
      return {"leak", place + run.detail};
    case End::time_out:
      return {"time-out", run.detail};
    case End::too_much_output:
      return {"output", run.detail};
    case End::exception:
      return {"throws", run.detail};
    case End::exit:
    case End::no_start:
      return {"ends", run.detail};
    case End::complete:
    case End::not_implemented:
      break;
  }
  return {};
}

std::string printed_lines(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  constexpr std::size_t most = 5;
  if (lines.size() > most) {
    const std::size_t more = lines.size() - most;
    lines.resize(most);
    lines.push_back(fmt::format("... and {} lines more", more));
  }
  for (std::string& line : lines) {
    if (line.size() > 200) line = line.substr(0, 200) + "...";
    std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  }
  return joined(lines, "\n");
}

/// The case that says most: with numbers, then the others.
const CaseVerdict& told(const TaskResult& task) {
  const CaseVerdict* chosen = nullptr;
  for (const CaseVerdict& verdict : task.cases) {
    if (!verdict.failed()) continue;
    if (chosen == nullptr) chosen = &verdict;
    if (chosen->student.end != End::complete && verdict.student.end == End::complete) chosen = &verdict;
  }
  return *chosen;
}

}  // namespace

std::string first_difference(const Observation& got, const Observation& expected, std::size_t element) {
  if (expected.is_text) {
    const auto [a, b] = differing_parts(got.text, expected.text);
    return fmt::format("{}: got '{}', expected '{}'", expected.name, a, b);
  }
  if (got.values.size() != expected.values.size()) {
    return fmt::format("{} has {} elements, expected {}", expected.name, got.values.size(), expected.values.size());
  }
  const auto [a, b] = numbers(got.values[element], expected.values[element]);
  return fmt::format("{}{}: got {}, expected {}", expected.name, index_in(element, expected.shape), a, b);
}

std::string in_words(const Diagnosis& diagnosis) {
  if (!diagnosis.known()) return "";
  std::string text = diagnosis.mistakes[0]->text;
  switch (diagnosis.kind) {
    case Diagnosis::Kind::same:
      if (diagnosis.same_numbers != nullptr) text += "\nor: " + diagnosis.same_numbers->text;
      break;
    case Diagnosis::Kind::multiple:
      text += fmt::format(" (your difference is {:.3g} times that of this mistake)", diagnosis.factor);
      break;
    case Diagnosis::Kind::sum:
    case Diagnosis::Kind::product:
    case Diagnosis::Kind::pair:
      text += "\nand: " + diagnosis.mistakes[1]->text;
      break;
    case Diagnosis::Kind::unknown:
      break;
  }
  return text;
}

std::string unwritten_text(const TaskResult& task) {
  // NotImplemented says "lab 7, task 7.3: update_moving"; a task that calls it may be written.
  for (const CaseVerdict& verdict : task.cases) {
    const std::string& missing = verdict.student.detail;
    const std::size_t at = missing.find("task ");
    if (!verdict.unwritten() || at == std::string::npos) continue;
    if (missing.find("task " + task.task->id + ':') == std::string::npos) {
      const std::size_t id = at + 5;
      return fmt::format("{} is not written yet", missing.substr(id, missing.find(':', id) - id));
    }
  }
  return "not written yet";
}

std::string explain(const Lab& lab, const TaskResult& task, const Terminal& terminal) {
  const CaseVerdict& verdict = told(task);
  const std::size_t indent = terminal.width >= 60 ? 8 : 2;
  std::string text;
  const auto line = [&](const std::string& label, const std::string& value) {
    if (value.empty()) return;
    text += fmt::format("{}{:<11}{}\n", std::string(indent, ' '), label, terminal.wrapped(value, indent + 11));
  };
  if (!task.waits_for.empty()) {
    std::vector<std::string> tasks;
    for (const Task* other : task.waits_for) tasks.push_back(other->id + ' ' + other->title);
    line("waits for", terminal.grey(joined(tasks, "; ") + " (whose functions it calls)"));
    const auto [label, detail] = ending(verdict.student);
    line(label, detail.empty() ? "" : terminal.grey(detail));
    const std::string bad = first_bad(verdict);
    line("first bad", bad.empty() ? "" : terminal.grey(bad));
    return text;
  }
  const CaseRun& run = verdict.student;
  line("case", verdict.name.name);
  const std::string input = run.input.empty() ? verdict.expected.input : run.input;
  line("input", fmt::format("{}{}(seed {})", input, input.empty() ? "" : " ", verdict.seed));
  const auto [label, detail] = ending(run);
  line(label, detail);
  line("first bad", first_bad(verdict));
  for (const std::string& broken : verdict.broken) line("fault", broken);
  if (verdict.stages.size() > 1 && !run.observations.empty()) line("stages", stages(verdict, terminal));
  for (const auto& [function, count] : run.calls) line("calls", fmt::format("{}: {}", function, count));
  line("printed", printed_lines(run.printed));
  std::vector<std::string> others;
  for (const CaseVerdict& other : task.cases) {
    if (!other.failed() || &other == &verdict) continue;
    const std::string kind = ending(other.student).first;
    const std::string& place = other.student.place;
    others.push_back(other.name.name +
                     (kind.empty() ? "" : fmt::format(" ({}{}{})", kind, place.empty() ? "" : " ", place)));
  }
  line("also", others.empty() ? "" : joined(others, "; "));
  const std::string words = in_words(task.diagnosis);
  line("looks like", words.empty() ? "" : terminal.bold(words));
  const std::string read = words.empty() ? task.task->read : task.diagnosis.mistakes[0]->read;
  line("read", read.empty() ? "" : fmt::format("handout {}, {}", lab.number, read));
  return text;
}

std::string report(const LabResult& result, const Terminal& terminal) {
  const std::size_t scores = terminal.width - 9;  // where the points end
  const auto row = [&](const std::string& left, const std::string& right, const std::string& mark) {
    const std::string cut = shortened(left, scores - std::min(scores, right.size() + 1));
    return fmt::format("{}{:>{}}{}{}\n", cut, right, scores - std::min(scores, columns_of(cut)),
                       mark.empty() ? "" : "   ", mark);
  };
  std::string text = row(fmt::format("Lab {} - {}", result.lab->number, result.lab->title), "points", "");
  for (const std::string& note : result.notes) text += "  " + terminal.wrapped("note: " + note, 8) + '\n';
  if (!result.fault.empty()) {
    for (const std::string& line : lines_of(result.fault)) text += "  " + terminal.wrapped(line, 12) + '\n';
    return text + fmt::format("Total 0 / {}\n", result.lab->points());
  }
  for (const TaskResult& task : result.tasks) {
    const std::string left = fmt::format("  {} {}", task.task->id, task.task->title);
    if (task.unwritten()) {
      std::string mark = unwritten_text(task);
      if (task.score() > 0) mark = fmt::format("{} / {}, {}", task.score(), task.task->points, mark);
      const std::size_t end = terminal.width - 1;
      const std::string cut = shortened(left, end - std::min(end, columns_of(mark) + 1));
      text += fmt::format("{}{:>{}}\n", cut, mark, end - columns_of(cut));
      continue;
    }
    const std::string mark = task.waits_for.empty() ? terminal.red("FAIL") : terminal.grey("waits");
    text += row(left, fmt::format("{} / {}", task.score(), task.task->points), task.failed() ? mark : "");
    if (task.failed()) text += explain(*result.lab, task, terminal);
  }
  return text + fmt::format("Total {} / {}\n", result.score(), result.lab->points());
}

}  // namespace lab
