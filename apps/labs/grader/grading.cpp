#include "grading.h"

#include "compile_errors.h"
#include "parallel.h"
#include "symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace lab {

namespace {

std::string fault_of(const CompileError& error) {
  std::string text = "does not compile: ";
  if (!error.place.empty()) text += error.place + ": ";
  text += error.text;
  if (!error.cause.empty()) text += "\nlikely    " + error.cause;
  return text;
}

/// What the loader says of a function that is not there.
void explain_missing_function(CaseRun& run) {
  if (run.printed.find("symbol lookup error") == std::string::npos) return;
  run.kind = "missing function";
  run.detail = "calls a function that your file does not define as the header declares it";
  run.printed.clear();
}

/// What is computed from wrong numbers is wrong, which says nothing of the task.
void find_waiting(std::vector<TaskResult>& tasks) {
  for (TaskResult& task : tasks) {
    const std::vector<const Mistake*>& mistakes = task.diagnosis.mistakes;
    const bool is_own = std::any_of(mistakes.begin(), mistakes.end(),
                                    [&](const Mistake* mistake) { return mistake->task == task.task->id; });
    if (!task.failed() || is_own) continue;
    for (const TaskResult& other : tasks) {
      const std::vector<std::string>& needs = task.task->needs;
      const bool is_needed = std::find(needs.begin(), needs.end(), other.task->id) != needs.end();
      const bool is_wrong = other.failed() && other.waits_for.empty();
      if (is_needed && (is_wrong || other.unwritten())) task.waits_for.push_back(other.task);
    }
  }
}

}  // namespace

std::uint64_t GradeOptions::seed(const CaseName& name) const {
  const auto given = seeds.find(name.id());
  return given != seeds.end() ? given->second : seed_of(name, hidden);
}

int TaskResult::score() const {
  int sum = 0;
  for (const CaseVerdict& verdict : cases) sum += verdict.passed ? verdict.name.points : 0;
  return sum;
}

bool TaskResult::failed() const {
  return std::any_of(cases.begin(), cases.end(), [](const CaseVerdict& v) { return v.failed(); });
}

bool TaskResult::unwritten() const {
  return std::any_of(cases.begin(), cases.end(), [](const CaseVerdict& v) { return v.unwritten(); }) && !failed();
}

int LabResult::score() const {
  int sum = 0;
  for (const TaskResult& task : tasks) sum += task.score();
  return sum;
}

LabResult grade(Workshop& workshop, const Lab& lab, const fs::path& file, const Needed& needed,
                const GradeOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  LabResult result{&lab, file, "", needed.notes, {}, 0};
  for (const Task& task : lab.tasks) result.tasks.push_back({&task, {}, {}, {}});
  if (!fs::exists(file)) {
    result.fault = fmt::format("there is no {}: 'lab start' copies the starters that are missing", file.string());
    return result;
  }
  const std::vector<CaseName>& names = workshop.cases(lab);
  const Library library = workshop.compiler().compile(lab, file);
  if (!library.good) {
    result.fault = fault_of(first_error(library.messages, file.filename().string()));
    return result;
  }
  const std::string library_name = lab.library() + ".so";
  const SymbolFaults symbols = compare_symbols(lab, library.folder / library_name, workshop.reference() / library_name);
  result.notes.insert(result.notes.end(), symbols.texts.begin(), symbols.texts.end());
  if (symbols.own_main) result.notes.push_back("your main() is not called: the grader has its own");
  if (const std::size_t warning = library.messages.find("warning: "); warning != std::string::npos) {
    const std::string line = library.messages.substr(library.messages.rfind('\n', warning) + 1);
    const std::size_t name = line.find(file.filename().string());
    result.notes.push_back(
        "the compiler warns: " +
        line.substr(name == std::string::npos ? 0 : name, line.find('\n') - (name == std::string::npos ? 0 : name)));
  }

  std::vector<fs::path> libraries{library.folder};
  libraries.insert(libraries.end(), needed.libraries.begin(), needed.libraries.end());
  const std::string text = read_file(file);
  const auto run = [&](const CaseName& name, std::uint64_t seed) {
    if (options.trusted) return *workshop.version_run(lab, text, name, seed);
    CaseRun student = workshop.run_case(lab, libraries, name, seed);
    explain_missing_function(student);
    return student;
  };
  std::vector<std::uint64_t> seeds;
  for (const CaseName& name : names) seeds.push_back(options.seed(name));
  std::vector<CaseRun> runs(names.size());
  // What does not come to the first case does not come to the others.
  runs[0] = run(names[0], seeds[0]);
  if (!runs[0].started && !options.trusted) {
    result.fault = (runs[0].place.empty() ? "" : runs[0].place + ": ") + runs[0].detail;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }
  in_parallel(names.size() - 1, [&](std::size_t i) { runs[i + 1] = run(names[i + 1], seeds[i + 1]); });
  std::vector<CaseVerdict> verdicts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    verdicts.push_back(
        judge(names[i], seeds[i], std::move(runs[i]), *workshop.reference_run(lab, {}, names[i], seeds[i])));
  }
  for (CaseVerdict& verdict : verdicts) {
    const auto task =
        std::ranges::find_if(result.tasks, [&](const TaskResult& of) { return of.task->id == verdict.name.task; });
    if (task != result.tasks.end()) task->cases.push_back(std::move(verdict));
  }

  if (options.diagnose) {
    const double diagnosing = seconds_of_computing();
    for (TaskResult& task : result.tasks) {
      const double used = seconds_of_computing() - diagnosing;
      Symptoms symptoms{lab, task.task->id, {}, run, options.budget - used, options.all_pairs};
      for (const CaseVerdict& verdict : task.cases) symptoms.cases.push_back(&verdict);
      task.diagnosis = diagnose(workshop, symptoms);
    }
    find_waiting(result.tasks);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace lab
