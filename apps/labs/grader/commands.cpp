#include "commands.h"

#include "compare.h"
#include "handout.h"
#include "report.h"
#include "results.h"
#include "teach.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <thread>

namespace lab {

namespace {

std::string today() { return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(std::time(nullptr))); }

/// The hash under which the score of a file is noted.
std::string mark_of(const fs::path& file) { return hex_of(hash_of(read_file(file))); }

void note(Context& context, const LabResult& result) {
  if (!fs::exists(result.file) || !fs::exists(context.student.path())) return;
  Json state = context.student.state();
  Json& entry = state["labs"][std::to_string(result.lab->number)];
  if (!entry.is_object()) entry = Json::object();
  entry["hash"] = mark_of(result.file);
  entry["score"] = result.score();
  entry["max"] = result.lab->points();
  entry["time"] = today();
  if (!entry.contains("first")) entry["first"] = today();
  Json& named = entry["named"];
  if (!named.is_object()) named = Json::object();
  for (const TaskResult& task : result.tasks) {
    for (const Mistake* mistake : task.diagnosis.mistakes) {
      const std::string key = mistake->task + " " + mistake->name;
      named[key] = named.value(key, 0) + 1;
    }
  }
  context.student.keep(state);
}

/// The student's libraries of the labs that this one needs. One that is missing or not fully right is the reference's.
Needed needed_by(Context& context, const Lab& lab) {
  Needed needed;
  for (const Lab* earlier : context.course.needed(lab)) {
    const fs::path file = context.student.file(*earlier);
    if (!fs::exists(file)) {
      needed.notes.push_back(fmt::format("lab {} is taken from the reference: yours is missing", earlier->number));
      continue;
    }
    const Json state = context.student.state();
    const Json labs = state.value("labs", Json::object());
    Json entry = labs.value(std::to_string(earlier->number), Json::object());
    if (entry.value("hash", "") != mark_of(file)) {
      const LabResult result = grade_student(context, *earlier, {.diagnose = false});
      entry = {{"score", result.score()}};
    }
    if (entry.value("score", 0) < earlier->points()) {
      needed.notes.push_back(fmt::format("lab {} is taken from the reference: yours has {} of {} points",
                                         earlier->number, entry.value("score", 0), earlier->points()));
      continue;
    }
    const Library library = context.workshop.compiler().compile(*earlier, file);
    if (library.good) needed.libraries.push_back(library.folder);
  }
  return needed;
}

/// Opens a file with the desktop's program, if there is one.
bool open_file(const fs::path& file) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return false;
  try {
    return run({"xdg-open", file.string()}).good();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Context::Context(const std::string& folder)
    : course(course_folder()),
      workshop(course),
      student(folder.empty() ? StudentFolder::remembered() : fs::path(folder)),
      terminal(Terminal::of_output()) {}

int number_of(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(fmt::format("expected the number of a lab or 'all', got '{}'", text));
  }
  return number;
}

std::vector<const Lab*> chosen(const Course& course, const std::string& text) {
  std::vector<const Lab*> labs;
  if (text == "all") {
    for (const Lab& lab : course.labs()) labs.push_back(&lab);
  } else {
    labs.push_back(&course.lab(number_of(text)));
  }
  return labs;
}

LabResult grade_student(Context& context, const Lab& lab, const GradeOptions& options) {
  const fs::path file = context.student.file(lab);
  const Needed needed = fs::exists(file) ? needed_by(context, lab) : Needed();
  LabResult result = grade(context.workshop, lab, file, needed, options);
  note(context, result);
  return result;
}

int list(Context& context) {
  const Json labs = context.student.state().value("labs", Json::object());
  const std::size_t titles = Terminal::of_output().width - 20;  // what the other columns leave
  fmt::print("{:<{}}{:>5}  {}\n", "lab", titles + 4, "hours", "points");
  for (const Lab& lab : context.course.labs()) {
    const Json entry = labs.value(std::to_string(lab.number), Json::object());
    const std::string score = entry.contains("score") ? fmt::format("{} / {}", entry.value("score", 0), lab.points())
                              : fs::exists(context.student.file(lab)) ? fmt::format("- / {}", lab.points())
                                                                      : fmt::format("{}", lab.points());
    fmt::print("{:>2}  {:<{}}{:>5}  {}\n", lab.number, shortened(lab.title, titles - 1), titles, lab.hours, score);
  }
  fmt::print("your files: {}\n", context.student.path().string());
  return 0;
}

int show(Context& context, const Lab& lab, bool open) {
  const std::string text = read_file(lab.folder / "handout.md");
  if (!open) {
    fmt::print("{}", handout_for(text, context.terminal));
    return 0;
  }
  const fs::path page = context.student.folder(lab) / "handout.html";
  write_file(page, handout_page(text, lab));
  fmt::print("{}\n", page.string());
  if (!open_file(page)) fmt::print("open it in a browser\n");
  return 0;
}

int start(Context& context, const std::string& folder) {
  const StudentFolder student(folder.empty() ? context.student.path() : fs::absolute(folder));
  const std::vector<const Lab*> copied = student.start(context.course);
  Json commands = Json::array();
  for (const Lab& lab : context.course.labs()) {
    commands.push_back(
        {{"directory", student.path().string()},
         {"file", student.file(lab).string()},
         {"arguments", context.workshop.compiler().command(lab, student.file(lab), "/dev/null", Flags::sanitized)}});
  }
  write_file(student.path() / "compile_commands.json", commands.dump(2) + '\n');
  if (!fs::exists(student.path() / ".lab" / "state.json")) student.keep(Json::object());
  StudentFolder::remember(student.path());
  for (const Lab* lab : copied) fmt::print("copied {}\n", student.file(*lab).string());
  fmt::print("{} of {} starters copied; files that were there are as they were\n", copied.size(),
             context.course.labs().size());
  const Lab& first = context.course.labs().front();
  fmt::print("next: lab show {0}, then write {1}, then lab grade {0}\n", first.number, student.file(first).string());
  return 0;
}

int watch(Context& context, const Lab& lab) {
  const fs::path file = context.student.file(lab);
  if (!fs::exists(file)) throw Error(fmt::format("there is no {}: 'lab start' copies it", file.string()));
  fmt::print("watching {}; Ctrl-C ends it\n", file.string());
  std::fflush(stdout);
  fs::file_time_type seen{};
  while (true) {
    std::error_code missing;
    const fs::file_time_type now = fs::last_write_time(file, missing);
    if (missing || now == seen) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      continue;
    }
    seen = now;
    const auto begin = std::chrono::steady_clock::now();
    // The points first. Names take longer only where mutants were never compiled.
    const LabResult result = grade_student(context, lab, {.budget = 3});
    if (context.terminal.colours) fmt::print("\033[H\033[2J");
    fmt::print("{}", report(result, context.terminal));
    fmt::print("{:.1f} s\n\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    std::fflush(stdout);
    if (std::getenv("LAB_WATCH_ONCE") != nullptr) return 0;
    // What was too slow to compile within the verdict is there for the next one.
    context.workshop.compiler().compile_together(lab, each_alone(lab.mistakes), Flags::sanitized, [&] {
      std::error_code gone;
      return fs::last_write_time(file, gone) == seen;
    });
  }
}

namespace {

/// "8.3"
const Lab& lab_of_task(const Course& course, const std::string& task) {
  const std::size_t point = task.find('.');
  if (point == std::string::npos) throw Error(fmt::format("expected a task such as 8.3, got '{}'", task));
  return course.lab(number_of(task.substr(0, point)));
}

}  // namespace

int hint(Context& context, const std::string& id) {
  const Lab& lab = lab_of_task(context.course, id);
  const Task& task = lab.task(id);
  if (task.hints.empty()) throw Error("there are no hints for task " + id);
  Json state = context.student.state();
  Json& hints = state["hints"];
  if (!hints.is_object()) hints = Json::object();
  const std::size_t shown = std::min(hints.value(id, std::size_t{0}) + 1, task.hints.size());
  hints[id] = shown;
  context.student.keep(state);
  fmt::print("Task {} - {}\n", id, task.title);
  for (std::size_t step = 0; step < shown; ++step) {
    fmt::print("  {}  {}\n", step + 1, context.terminal.wrapped(task.hints[step], 5));
  }
  if (shown < task.hints.size()) {
    const std::string more = fmt::format("'lab hint {}' again shows step {} of {}. It costs no points and is noted.",
                                         id, shown + 1, task.hints.size());
    fmt::print("{}\n", context.terminal.wrapped(more, 0));
  }
  return 0;
}

int picture(Context& context, const Lab& lab) {
  const fs::path program = context.workshop.picture(lab);
  std::string path;
  const auto add = [&](const Lab& of) {
    const fs::path file = context.student.file(of);
    if (!fs::exists(file)) return;
    const Library library = context.workshop.compiler().compile(of, file, Flags::fast);
    if (library.good) path += library.folder.string() + ':';
    if (!library.good && of.number == lab.number) throw Error("your file does not compile: 'lab grade' says why");
  };
  add(lab);
  // An earlier lab that is not fully right is the reference's, as in `lab grade`.
  const Json labs = context.student.state().value("labs", Json::object());
  for (const Lab* earlier : context.course.needed(lab)) {
    if (labs.value(std::to_string(earlier->number), Json::object()).value("score", 0) == earlier->points())
      add(*earlier);
  }
  const fs::path svg = context.student.folder(lab) / (lab.file + ".svg");
  fs::create_directories(svg.parent_path());
  const Outcome outcome =
      run({program.string(), svg.string()},
          {{"LD_LIBRARY_PATH", path + context.workshop.reference(Flags::fast).string()}}, {.seconds = 300});
  if (!outcome.good()) {
    throw Error(fmt::format("the picture of lab {} could not be drawn: {}", lab.number,
                            outcome.timed_out ? "not finished after 300 s" : trimmed(outcome.output).substr(0, 400)));
  }
  fmt::print("{}{}\n", outcome.output, svg.string());
  open_file(svg);
  return 0;
}

GradeOptions with_seeds(const std::string& file) {
  GradeOptions options;
  const Json json = Json::parse(read_file(file), nullptr, false);
  if (json.is_number_unsigned()) {
    options.hidden = json;
  } else if (json.is_object()) {
    for (const auto& [name, seed] : json.items()) {
      if (!seed.is_number_unsigned())
        throw Error(fmt::format("{}: the seed of '{}' is not a whole number", file, name));
      options.seeds[name] = seed;
    }
  } else {
    throw Error(file + R"(: expected a whole number, or {"8.3 large mean": 77, ...})");
  }
  return options;
}

int grade_labs(Context& context, const GradeRequest& request) {
  const GradeOptions options = request.seeds.empty() ? GradeOptions() : with_seeds(request.seeds);
  std::vector<LabResult> results;
  bool full = true;
  for (const Lab* lab : request.labs) {
    results.push_back(grade_student(context, *lab, options));
    const LabResult& result = results.back();
    full = full && result.score() == lab->points();
    fmt::print("{}{}", results.size() > 1 ? "\n" : "", report(result, context.terminal));
    std::fflush(stdout);
    for (const TaskResult& task : result.tasks) {
      if (!is_unknown(task)) continue;
      const fs::path file = context.student.path() / ".lab" / fmt::format("unknown-{}.json", task.task->id);
      write_file(file, reproduction(result, task).dump(1) + '\n');
      const std::string text = fmt::format("{} has no name yet; for your teacher: {}", task.task->id, file.string());
      fmt::print("  {}\n", context.terminal.wrapped(text, 2));
    }
  }
  if (request.results.empty()) return full ? 0 : 1;
  ResultsExtra extra{context.student.state(), last_score(request.metadata), std::nullopt, !request.seeds.empty()};
  if (full && results.size() == 1) extra.speed_ratio = speed_ratio(context, *request.labs.front());
  const Json json = request.format == "exercism" ? exercism(results) : gradescope(results, extra);
  write_file(request.results, json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  return 0;
}

}  // namespace lab
