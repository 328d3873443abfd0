#include "export.h"

#include "diagnosis.h"
#include "parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>

namespace lab {

namespace {

/// The files of the repository, relative to its root.
std::vector<fs::path> files_of(const fs::path& root) {
  std::vector<fs::path> files;
  const Outcome outcome =
      run({"git", "-C", root.string(), "ls-files", "-z", "--cached", "--others", "--exclude-standard"}, {},
          {.seconds = 60, .output = 1 << 24});
  if (!outcome.good()) throw Error("the tree is exported from a git repository: " + trimmed(outcome.output));
  std::size_t start = 0;
  while (start < outcome.output.size()) {
    const std::size_t end = std::min(outcome.output.find('\0', start), outcome.output.size());
    files.emplace_back(outcome.output.substr(start, end - start));
    start = end + 1;
  }
  return files;
}

bool is_for_teachers(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == "answers.md" || name == "matrix.json" || name == "mistakes.json") return true;
  const std::string path = file.string();
  for (const char* part : {"apps/labs/autograder/", "apps/labs/check", "apps/labs/reference/", "tests/labs/"}) {
    if (path.rfind(part, 0) == 0) return true;
  }
  return name.rfind("hidden", 0) == 0;
}

/// The solution of a lab, or anything of a lab that is not among these.
bool is_left_out(const Course& course, const std::set<const Lab*>& labs, const fs::path& file) {
  return std::any_of(course.labs().begin(), course.labs().end(), [&](const Lab& lab) {
    const bool inside = file.parent_path() == lab.folder;
    return inside && (!labs.contains(&lab) || file == lab.solution());
  });
}

/// What the cases of a lab report with each of its mistakes, by name, case and seed.
Json observations_of(Workshop& workshop, const Lab& lab, const std::vector<GradeOptions>& seeds) {
  Json all = Json::object();
  for (const Mistake& mistake : lab.mistakes) all[mistake.name] = Json::object();
  workshop.compiler().compile_together(lab, each_alone(lab.mistakes), Flags::sanitized);
  std::mutex mutex;
  in_parallel(lab.mistakes.size(), [&](std::size_t i) {
    for (const CaseName& name : workshop.cases(lab)) {
      std::vector<std::uint64_t> all_seeds;
      for (const GradeOptions& options : seeds) {
        all_seeds.insert(all_seeds.end(), {options.seed(name), options.seed(name) + second_seed});
      }
      for (const std::uint64_t seed : all_seeds) {
        const auto run = workshop.reference_run(lab, {&lab.mistakes[i]}, name, seed);
        if (!run) continue;
        const std::lock_guard guard(mutex);
        all[lab.mistakes[i].name][fmt::format("{} {}", name.id(), seed)] = saved(*run);
      }
    }
  });
  return all;
}

/// The mistakes without the edits that make them.
Json names_of(const Lab& lab) {
  Json names = Json::array();
  for (const Mistake& mistake : lab.mistakes) {
    names.push_back({{"name", mistake.name},
                     {"task", mistake.task},
                     {"text", mistake.text},
                     {"read", mistake.read},
                     {"kind", mistake.convention ? "convention" : "mistake"},
                     {"edits", Json::array()}});
  }
  return names;
}

}  // namespace

void export_for_students(Workshop& workshop, const std::vector<const Lab*>& labs,
                         const std::vector<GradeOptions>& seeds, const fs::path& to) {
  const Course& course = workshop.course();
  const fs::path root = course.folder().parent_path().parent_path();
  if (fs::exists(to) && !fs::is_empty(to)) throw Error(to.string() + " is not empty");
  std::set<const Lab*> exported;
  for (const Lab* lab : labs) {
    if (!fs::exists(lab->solution())) throw Error("this tree has no solutions to export the labs from");
    exported.insert(lab);
    for (const Lab* needed : course.needed(*lab)) exported.insert(needed);
  }
  for (const fs::path& file : files_of(root)) {
    if (is_for_teachers(file) || is_left_out(course, exported, root / file)) continue;
    if (!fs::is_regular_file(root / file)) continue;
    fs::create_directories((to / file).parent_path());
    fs::copy_file(root / file, to / file);
  }
  const fs::path folder = to / fs::relative(course.folder(), root);
  const fs::path reference = folder / "reference";
  fs::create_directories(reference);
  for (const Lab& lab : course.labs()) {
    if (!exported.contains(&lab)) continue;
    fmt::print("lab {}: {} mistakes in {} cases\n", lab.number, lab.mistakes.size(), workshop.cases(lab).size());
    std::fflush(stdout);
    workshop.prepare_fast(lab);
    // Without sanitizers: these libraries are known to be right, and do not depend on the runtime of one compiler.
    const fs::path library = reference / (lab.library() + ".so");
    fs::copy_file(workshop.reference(Flags::fast) / (lab.library() + ".so"), library);
    if (!run({"strip", "--strip-unneeded", library.string()}).good()) throw Error("strip does not run");
    write_file(folder / lab.folder.filename() / "mistakes.json", names_of(lab).dump(1) + '\n');
    write_file(reference / (lab.library() + ".json"), observations_of(workshop, lab, seeds).dump() + '\n');
  }
}

}  // namespace lab
