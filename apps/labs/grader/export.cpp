#include "export.h"

#include "diagnosis.h"
#include "parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

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

bool is_for_teachers(const Course& course, const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == "answers.md" || name == "matrix.json" || name == "mistakes.json") return true;
  const std::string path = file.string();
  for (const char* folder : {"apps/labs/autograder/", "tests/labs/", "docs/teaching.md", "apps/labs/reference/"}) {
    if (path.rfind(folder, 0) == 0) return true;
  }
  if (name.rfind("hidden", 0) == 0) return true;
  return std::any_of(course.labs().begin(), course.labs().end(), [&](const Lab& lab) {
    return file.parent_path().filename() == lab.folder.filename() && name == lab.file + ".cpp";
  });
}

}  // namespace

void export_for_students(Workshop& workshop, const fs::path& to) {
  const Course& course = workshop.course();
  const fs::path root = course.folder().parent_path().parent_path();
  if (fs::exists(to) && !fs::is_empty(to)) throw Error(to.string() + " is not empty");
  for (const fs::path& file : files_of(root)) {
    if (is_for_teachers(course, file) || !fs::is_regular_file(root / file)) continue;
    fs::create_directories((to / file).parent_path());
    fs::copy_file(root / file, to / file);
  }
  const fs::path labs = to / fs::relative(course.folder(), root);
  for (const Lab& lab : course.labs()) {
    workshop.prepare(lab);
    workshop.prepare_fast(lab);
    for (const auto& [flags, kind] :
         {std::pair{Workshop::Flags::sanitized, "sanitized"}, {Workshop::Flags::fast, "fast"}}) {
      const fs::path library = labs / "reference" / kind / (lab.library() + ".so");
      fs::create_directories(library.parent_path());
      fs::copy_file(workshop.reference(flags) / (lab.library() + ".so"), library);
      if (!run({"strip", "--strip-unneeded", library.string()}).good()) throw Error("strip does not run");
    }
    Json names = Json::array();
    Json observations = Json::object();
    std::mutex mutex;
    for (const Mistake& mistake : lab.mistakes) {
      names.push_back({{"name", mistake.name},
                       {"task", mistake.task},
                       {"text", mistake.text},
                       {"read", mistake.read},
                       {"kind", mistake.convention ? "convention" : "mistake"},
                       {"edits", Json::array()}});
      observations[mistake.name] = Json::object();
    }
    in_parallel(lab.mistakes.size(), [&](std::size_t i) {
      for (const CaseName& name : workshop.cases(lab)) {
        for (const std::uint64_t seed : {seed_of(name), seed_of(name) + second_seed}) {
          const auto run = workshop.reference_run(lab, {&lab.mistakes[i]}, name, seed);
          if (!run) continue;
          const std::lock_guard guard(mutex);
          observations[lab.mistakes[i].name][fmt::format("{} {}", name.id(), seed)] = saved(*run);
        }
      }
    });
    write_file(labs / lab.folder.filename() / "mistakes.json", names.dump(1) + '\n');
    write_file(labs / "reference" / (lab.library() + ".json"), observations.dump() + '\n');
    fmt::print("lab {}\n", lab.number);
    std::fflush(stdout);
  }
}

}  // namespace lab
