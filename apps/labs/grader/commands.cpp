#include "commands.h"

#include "class_page.h"
#include "cutter.h"
#include "handout.h"
#include "matrix.h"
#include "parallel.h"
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

int number_of(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(fmt::format("expected the number of a lab or 'all', got '{}'", text));
  }
  return number;
}

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
    const Library library = context.workshop.compile(*earlier, file);
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

std::vector<const Lab*> chosen(const Course& course, const std::string& text) {
  std::vector<const Lab*> labs;
  if (text == "all") {
    for (const Lab& lab : course.labs()) labs.push_back(&lab);
  } else {
    labs.push_back(&course.lab(number_of(text)));
  }
  return labs;
}

const Lab& lab_of_task(const Course& course, const std::string& task) {
  const std::size_t point = task.find('.');
  if (point == std::string::npos) throw Error(fmt::format("expected a task such as 8.3, got '{}'", task));
  return course.lab(number_of(task.substr(0, point)));
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
  fmt::print("{:<42}{:>8}  {}\n", "lab", "hours", "points");
  for (const Lab& lab : context.course.labs()) {
    const Json entry = labs.value(std::to_string(lab.number), Json::object());
    const std::string score = entry.contains("score") ? fmt::format("{} / {}", entry.value("score", 0), lab.points())
                              : fs::exists(context.student.file(lab)) ? fmt::format("- / {}", lab.points())
                                                                      : fmt::format("{}, not started", lab.points());
    fmt::print("{:>2}  {:<38}{:>8}  {}\n", lab.number, lab.title, lab.hours, score);
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
         {"arguments", context.workshop.command(lab, student.file(lab), "/dev/null", Workshop::Flags::sanitized)}});
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

int watch(Context& context, const Lab& lab, const std::function<void(const LabResult&)>& graded) {
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
    const LabResult result = grade_student(context, lab, {.budget = 1.5});
    if (context.terminal.colours) fmt::print("\033[H\033[2J");
    fmt::print("{}", report(result, context.terminal));
    fmt::print("{:.1f} s\n\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    std::fflush(stdout);
    graded(result);
    if (std::getenv("LAB_WATCH_ONCE") != nullptr) return 0;
    // What was too slow to compile within the verdict is there for the next one.
    for (const Mistake& mistake : lab.mistakes) {
      std::error_code gone;
      if (fs::last_write_time(file, gone) != seen) break;
      if (!context.workshop.is_compiled(lab, {&mistake})) {
        context.workshop.reference_run(lab, {&mistake}, context.workshop.cases(lab).front(),
                                       seed_of(context.workshop.cases(lab).front()));
      }
    }
  }
}

int hint(Context& context, const std::string& id) {
  const Lab& lab = lab_of_task(context.course, id);
  const Task& task = lab.task(id);
  if (task.hints.empty()) throw Error("there are no hints for task " + id);
  Json state = context.student.state();
  Json& hints = state["hints"];
  if (!hints.is_object()) hints = Json::object();
  const std::size_t shown = std::min<std::size_t>(hints.value(id, 0) + 1, task.hints.size());
  hints[id] = shown;
  context.student.keep(state);
  fmt::print("Task {} - {}\n", id, task.title);
  for (std::size_t step = 0; step < shown; ++step) {
    fmt::print("  {}  {}\n", step + 1, context.terminal.wrapped(task.hints[step], 5));
  }
  if (shown < task.hints.size()) {
    fmt::print("'lab hint {}' again shows step {} of {}. It costs no points and is noted.\n", id, shown + 1,
               task.hints.size());
  }
  return 0;
}

int picture(Context& context, const Lab& lab) {
  const fs::path program = context.workshop.picture(lab);
  std::string path;
  const auto add = [&](const Lab& of) {
    const fs::path file = context.student.file(of);
    if (!fs::exists(file)) return;
    const Library library = context.workshop.compile(of, file, Workshop::Flags::fast);
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
          {{"LD_LIBRARY_PATH", path + context.workshop.reference(Workshop::Flags::fast).string()}}, {.seconds = 300});
  if (!outcome.good()) {
    throw Error(fmt::format("the picture of lab {} could not be drawn: {}", lab.number,
                            outcome.timed_out ? "not finished after 300 s" : trimmed(outcome.output).substr(0, 400)));
  }
  fmt::print("{}{}\n", outcome.output, svg.string());
  open_file(svg);
  return 0;
}

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
  const Library library = context.workshop.compile(lab, context.student.file(lab), Workshop::Flags::fast);
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
    const Library library = context.workshop.compile(*lab, file, Workshop::Flags::fast);
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

namespace {

/// A number, or an object with the seeds of some cases.
void read_seeds(const std::string& file, GradeOptions& options) {
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
}

}  // namespace

int grade_labs(Context& context, const GradeRequest& request) {
  GradeOptions options;
  if (!request.seeds.empty()) read_seeds(request.seeds, options);
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
      fmt::print("  {} has no name yet; for your teacher: {}\n", task.task->id, file.string());
    }
  }
  if (request.results.empty()) return full ? 0 : 1;
  ResultsExtra extra{context.student.state(), last_score(request.metadata), std::nullopt, !request.seeds.empty()};
  if (full && results.size() == 1) extra.speed_ratio = speed_ratio(context, *request.labs.front());
  const Json json = request.format == "exercism" ? exercism(results) : gradescope(results, extra);
  write_file(request.results, json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  return 0;
}

int show_class(const std::vector<std::string>& files, const std::string& page) {
  ClassResults results;
  for (const std::string& file : files) {
    Json json = Json::parse(read_file(file), nullptr, false);
    if (!json.is_object() || !json.contains("tests")) throw Error(file + " is not a results file of 'lab grade'");
    results.emplace_back(fs::path(file).stem().string(), std::move(json));
  }
  fmt::print("{}", class_text(results));
  if (!page.empty()) write_file(page, class_html(results));
  return 0;
}

int prepare(Context& context, const std::vector<const Lab*>& labs) {
  for (const Lab* lab : labs) {
    const std::vector<CaseName>& names = context.workshop.cases(*lab);
    in_parallel(lab->mistakes.size() + 1, [&](std::size_t i) {
      for (const CaseName& name : names) {
        for (const std::uint64_t seed : {seed_of(name), seed_of(name) + second_seed}) {
          const std::vector<const Mistake*> none;
          const std::vector<const Mistake*> mistakes = i == 0 ? none : std::vector{&lab->mistakes[i - 1]};
          context.workshop.reference_run(*lab, mistakes, name, seed);
        }
      }
    });
    fmt::print("lab {}: {} mistakes\n", lab->number, lab->mistakes.size());
  }
  return 0;
}

int check_labs(Context& context, const std::vector<const Lab*>& labs, const std::string& part, bool keep) {
  CheckOptions options;
  const std::size_t slash = part.find('/');
  options.part = static_cast<std::size_t>(number_of(part.substr(0, slash)));
  options.parts = slash == std::string::npos ? 0 : static_cast<std::size_t>(number_of(part.substr(slash + 1)));
  if (options.parts == 0) throw Error(fmt::format("expected a part such as 1/3, got '{}'", part));
  options.part %= options.parts;
  const fs::path file = context.course.folder() / "matrix.json";
  const Json committed = fs::exists(file) ? Json::parse(read_file(file)) : Json::array();
  Json matrix = Json::array();
  for (const Lab* lab : labs) {
    matrix.push_back(check(context.workshop, *lab, options));
    fmt::print("lab {}: {} s\n", lab->number, matrix.back().at("seconds").get<int>());
    std::fflush(stdout);
    matrix.back().erase("seconds");
  }
  fmt::print("{}", table_of(matrix));
  const std::vector<std::string> worse = regressions(matrix, committed);
  for (const std::string& text : worse) fmt::print("{}\n", text);
  if (keep && options.parts == 1) {
    Json all = Json::array();
    for (const Lab& lab : context.course.labs()) {
      const auto take = [&](const Json& from) {
        for (const Json& entry : from) {
          if (entry.at("lab") == lab.number) return entry;
        }
        return Json();
      };
      Json entry = take(matrix);
      if (entry.is_null()) entry = take(committed);
      if (!entry.is_null()) all.push_back(entry);
    }
    write_file(file, all.dump(1) + '\n');
  }
  return worse.empty() ? 0 : 1;
}

int cut_starters(const Course& course, bool check) {
  int old = 0;
  for (const Lab& lab : course.labs()) {
    if (!fs::exists(lab.solution())) continue;
    const fs::path file = lab.folder / "starter.cpp";
    const std::string starter = cut(lab, read_file(lab.solution()));
    if (fs::exists(file) && read_file(file) == starter) continue;
    if (check) {
      fmt::print("{} is not what its solution makes: apps/labs/lab cut\n", file.string());
      ++old;
    } else {
      write_file(file, starter);
      fmt::print("{}\n", file.string());
    }
  }
  return old == 0 ? 0 : 1;
}

}  // namespace lab
