#include "workshop.h"

#include "slip.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <regex>

namespace lab {

namespace {

/// Of the programs and the other libraries.
const char* kind_of(Flags flags) { return flags == Flags::sanitized ? "sanitized" : "fast"; }

fs::path program_of(const Lab& lab, Flags flags) {
  return fs::path(LAB_BUILD) / "labs/bin" / (lab.library() + "_cases_" + kind_of(flags));
}

/// Most of a short run goes into the first touch of the sanitizer's own memory: stacks of allocations, which only a
/// leak is found by, and megabytes for frames that have returned.
std::string sanitizer_options(const fs::path& log, bool leaks) {
  return fmt::format(
      "{}:log_path={}:exitcode=86:handle_abort=1:detect_stack_use_after_return=1:max_uar_stack_size_log=16:"
      "hard_rss_limit_mb=1000:print_stacktrace=1:allocator_may_return_null=0:color=never",
      leaks ? "detect_leaks=1" : "detect_leaks=0:malloc_context_size=0", log.string());
}

/// Held while the build runs: two graders may start at once.
class Lock {
 public:
  explicit Lock(const fs::path& path) : file_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (file_ >= 0) close(file_);
  }

 private:
  int file_;
};

std::string run_id(const Lab& lab, const std::string& variant, const CaseName& name, std::uint64_t seed) {
  return fmt::format("{} {} {} {}", lab.number, variant, name.id(), seed);
}

std::string names_of(const std::vector<const Mistake*>& mistakes) {
  std::vector<std::string> names;
  for (const Mistake* mistake : mistakes) names.push_back(mistake->name);
  return joined(names, "+");
}

}  // namespace

bool can_leak(const std::string& source) {
  static const std::regex allocation("\\bnew\\b|malloc|calloc|release\\(|shared_ptr");
  return std::regex_search(source, allocation);
}

fs::path course_folder() {
  const char* folder = std::getenv("GRADUS_COURSE");
  return folder != nullptr && *folder != '\0' ? fs::canonical(folder) : LAB_FOLDER;
}

std::uint64_t seed_of(const CaseName& name, std::uint64_t hidden) {
  const std::uint64_t hash = hash_of(name.id());
  return hidden == 0 ? 1 + hash % 999 : 1000 + hash_of(std::to_string(hidden), hash) % 1000000;
}

Workshop::Workshop(const Course& course) : course_(course), compiler_(course) {}

// --- programs -------------------------------------------------------------------------------------------------------

void Workshop::build(const std::vector<std::string>& targets) {
  if (std::getenv("LAB_NO_BUILD") != nullptr) return;
  const Lock lock(fs::path(LAB_BUILD) / "labs" / "lock");
  std::vector<std::string> command{"cmake", "--build", LAB_BUILD, "--target"};
  command.insert(command.end(), targets.begin(), targets.end());
  const Outcome outcome = run(command, {}, {.seconds = 1800, .output = 1 << 24, .file_size = std::size_t{1} << 32});
  if (outcome.good()) return;
  std::vector<std::string> faults;
  for (const std::string& line : lines_of(outcome.output)) {
    if (line.find("error") != std::string::npos && faults.size() < 5) faults.push_back(line);
  }
  throw Error("the lab could not be built:\n" + joined(faults, "\n") +
              (faults.empty()
                   ? outcome.output.substr(outcome.output.size() - std::min<std::size_t>(1500, outcome.output.size()))
                   : ""));
}

void Workshop::prepare(const Lab& lab) {
  {
    const std::lock_guard guard(mutex_);
    if (cases_.contains(lab.number)) return;
  }
  const fs::path program = program_of(lab, Flags::sanitized);
  if (!fs::exists(program)) fmt::print(stderr, "building the cases of lab {}, once\n", lab.number);
  build({lab.library() + "_cases_sanitized"});
  const TemporaryFolder folder;
  const Outcome outcome = run_program(program, {}, Flags::sanitized, {"--list"}, folder.path(), 30, false);
  const std::size_t start = outcome.output.find('[');
  const Json list = Json::parse(start == std::string::npos ? "" : outcome.output.substr(start), nullptr, false);
  if (list.is_discarded())
    throw Error("the cases of lab " + std::to_string(lab.number) + " do not run: " + outcome.output);
  std::vector<CaseName> names;
  for (const Json& entry : list) names.push_back({entry.at("task"), entry.at("name"), entry.at("points")});
  std::string libraries = read_file(program) + read_file(reference() / (lab.library() + ".so"));
  for (const Lab* needed : course_.needed(lab)) libraries += read_file(reference() / (needed->library() + ".so"));
  const std::lock_guard guard(mutex_);
  program_hashes_[lab.number] = hex_of(hash_of(libraries));
  cases_[lab.number] = std::move(names);
}

void Workshop::prepare_fast(const Lab& lab) {
  const std::lock_guard guard(mutex_);
  if (fast_.contains(lab.number)) return;
  build({lab.library() + "_cases_fast"});
  fast_.insert(lab.number);
}

fs::path Workshop::picture(const Lab& lab) {
  if (!fs::exists(lab.folder / "picture.cpp")) throw Error(fmt::format("lab {} has no picture", lab.number));
  build({lab.library() + "_picture"});
  return fs::path(LAB_BUILD) / "labs/bin" / (lab.library() + "_picture");
}

const std::vector<CaseName>& Workshop::cases(const Lab& lab) {
  prepare(lab);
  const std::lock_guard guard(mutex_);
  return cases_.at(lab.number);
}

const CaseName& Workshop::case_named(const Lab& lab, const std::string& id) {
  for (const CaseName& name : cases(lab)) {
    if (name.id() == id) return name;
  }
  throw Error(fmt::format("lab {} has no case '{}'", lab.number, id));
}

fs::path Workshop::reference(Flags flags) const {
  const fs::path built = course_.folder() / "reference";
  return fs::exists(built) ? built : fs::path(LAB_BUILD) / "labs" / kind_of(flags);
}

// --- runs -----------------------------------------------------------------------------------------------------------

Outcome Workshop::run_program(const fs::path& program, const std::vector<fs::path>& libraries, Flags flags,
                              std::vector<std::string> arguments, const fs::path& folder, double seconds, bool leaks) {
  std::string path;
  for (const fs::path& library : libraries) path += library.string() + ':';
  path += reference(flags).string();
  arguments.insert(arguments.begin(), program.string());
  const std::string options = sanitizer_options(folder / "sanitizer", leaks);
  return run(arguments,
             {{"LD_LIBRARY_PATH", path},
              {"ASAN_OPTIONS", options},
              {"UBSAN_OPTIONS", options},
              {"LSAN_OPTIONS", "print_suppressions=0"},
              {"OMP_NUM_THREADS", "1"}},
             {.seconds = seconds, .memory = flags == Flags::sanitized ? 0 : std::size_t{1} << 32});
}

CaseRun Workshop::run_one(const Lab& lab, const std::vector<fs::path>& libraries, Flags flags, const CaseName& name,
                          std::uint64_t seed, double seconds, bool leaks) {
  const TemporaryFolder folder;
  const fs::path report = folder.path() / "report";
  std::vector<std::string> arguments{"--case", name.task,      name.name, "--seed", std::to_string(seed),
                                     "--out",  report.string()};
  if (flags == Flags::fast) arguments.push_back("--time");
  const Outcome outcome =
      run_program(program_of(lab, flags), libraries, flags, arguments, folder.path(), seconds, leaks);
  std::string sanitizer;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("sanitizer")) sanitizer += read_file(entry.path());
  }
  return read_run(fs::exists(report) ? read_file(report) : "", sanitizer, outcome, lab.file + ".cpp");
}

CaseRun Workshop::run_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name,
                           std::uint64_t seed, bool leaks) {
  return run_one(lab, libraries, Flags::sanitized, name, seed, lab.timeout, leaks);
}

double Workshop::limit(const Lab& lab, const CaseName& name, std::uint64_t seed) {
  return std::min(lab.timeout, 2 + 20 * reference_run(lab, {}, name, seed)->took);
}

void Workshop::run_together(const Lab& lab, const Library& library, const std::string& version) {
  const TemporaryFolder folder;
  const auto report = [&](std::size_t i) { return folder.path() / fmt::format("report_{}", i); };
  std::string list;
  double seconds = 0;
  const std::vector<CaseName>& names = cases(lab);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t seed = seed_of(names[i]);
    const double most = std::ceil(limit(lab, names[i], seed));
    seconds += most;
    list += fmt::format("{}\n{}\n{}\n{}\n{}\n", names[i].task, names[i].name, seed, most, report(i).string());
  }
  write_file(folder.path() / "list", list);
  run_program(program_of(lab, Flags::sanitized), {library.folder}, Flags::sanitized,
              {"--cases", (folder.path() / "list").string()}, folder.path(), seconds, false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t seed = seed_of(names[i]);
    const CaseRun run = fs::exists(report(i)) ? read_run(read_file(report(i)), "", {}, lab.file + ".cpp")
                                              : run_one(lab, {library.folder}, Flags::sanitized, names[i], seed,
                                                        limit(lab, names[i], seed), false);
    write_file(saved_run(lab, version, names[i], seed, Flags::sanitized), saved(run));
  }
}

std::optional<CaseRun> Workshop::version_run(const Lab& lab, const std::string& version, const CaseName& name,
                                             std::uint64_t seed, Flags flags, bool alone) {
  const fs::path kept = saved_run(lab, version, name, seed, flags);
  if (fs::exists(kept)) return restored(read_file(kept));
  if (flags == Flags::numbers) prepare_fast(lab);
  const bool leaks = can_leak(version);
  std::vector<fs::path> libraries;
  double seconds = lab.timeout;
  if (!version.empty()) {
    const Library library = compiler_.compile_text(lab, version, flags);
    if (!library.good) return std::nullopt;
    if (flags == Flags::sanitized && !alone && !leaks && seed == seed_of(name)) {
      run_together(lab, library, version);
      return restored(read_file(kept));
    }
    libraries.push_back(library.folder);
    seconds = limit(lab, name, seed);
  }
  CaseRun run = run_one(lab, libraries, flags, name, seed, seconds, leaks);
  write_file(kept, saved(run));
  return run;
}

double Workshop::time_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name,
                           std::uint64_t seed) {
  const CaseRun run = run_one(lab, libraries, Flags::fast, name, seed, lab.timeout, false);
  return run.end == End::complete ? run.seconds : 0;
}

fs::path Workshop::saved_run(const Lab& lab, const std::string& version, const CaseName& name, std::uint64_t seed,
                             Flags flags) {
  const std::lock_guard guard(mutex_);
  const std::string id = fmt::format("{} {} {}", name.id(), seed, kind_of(flags));
  return compiler_.cache() / "runs" /
         hex_of(hash_of(fmt::format("{}{}{}{}", cache_format, program_hashes_.at(lab.number), version, id)));
}

const Json& Workshop::observations(const Lab& lab) {
  const std::lock_guard guard(mutex_);
  const auto found = observations_.find(lab.number);
  if (found != observations_.end()) return found->second;
  const fs::path file = course_.folder() / "reference" / (lab.library() + ".json");
  return observations_[lab.number] = fs::exists(file) ? Json::parse(read_file(file)) : Json();
}

const std::vector<Mistake>& Workshop::slips(const Lab& lab) {
  const std::lock_guard guard(mutex_);
  const auto found = slips_.find(lab.number);
  return found != slips_.end() ? found->second : slips_[lab.number] = slips_of(lab);
}

std::optional<CaseRun> Workshop::reference_run(const Lab& lab, const std::vector<const Mistake*>& mistakes,
                                               const CaseName& name, std::uint64_t seed, Flags flags, bool alone) {
  const std::string variant = names_of(mistakes) + (flags == Flags::numbers ? " numbers" : "");
  const std::string id = run_id(lab, variant, name, seed);
  {
    const std::lock_guard guard(mutex_);
    if (const auto found = runs_.find(id); found != runs_.end()) return found->second;
    if (broken_.contains(fmt::format("{} {}", lab.number, variant))) return std::nullopt;
  }
  const auto keep = [&](CaseRun run) -> std::optional<CaseRun> {
    const std::lock_guard guard(mutex_);
    return runs_[id] = std::move(run);
  };
  const auto give_up = [&]() -> std::optional<CaseRun> {
    const std::lock_guard guard(mutex_);
    broken_[fmt::format("{} {}", lab.number, variant)] = true;
    return {};
  };
  if (!mistakes.empty() && !fs::exists(lab.solution())) {
    const Json& all = observations(lab);
    const std::string seeded = fmt::format("{} {}", name.id(), seed);
    if (!all.contains(variant) || !all.at(variant).contains(seeded)) return std::nullopt;
    return keep(restored(all.at(variant).at(seeded)));
  }
  prepare(lab);
  std::string source;
  if (!mistakes.empty()) {
    try {
      source = mutant(lab, mistakes);
    } catch (const Error&) {
      return give_up();
    }
  }
  std::optional<CaseRun> run = version_run(lab, source, name, seed, flags, alone);
  return run ? keep(*std::move(run)) : give_up();
}

}  // namespace lab
