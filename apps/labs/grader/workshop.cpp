#include "workshop.h"

#include "batch.h"
#include "parallel.h"
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

/// Of the libraries and runs that are kept; those of another one are not found.
constexpr std::string_view cache_format = "2";

const std::vector<std::string>& flags_of(Workshop::Flags flags) {
  static const std::vector<std::string> sanitized{"-O1",
                                                  "-g1",
                                                  "-fsanitize=address,undefined",
                                                  "-fno-sanitize-recover=undefined",
                                                  "-fno-omit-frame-pointer",
                                                  "-D_GLIBCXX_ASSERTIONS"};
  static const std::vector<std::string> fast{"-O2"};
  static const std::vector<std::string> numbers{"-O1", "-D_GLIBCXX_ASSERTIONS"};
  switch (flags) {
    case Workshop::Flags::sanitized:
      return sanitized;
    case Workshop::Flags::fast:
      return fast;
    case Workshop::Flags::numbers:
      break;
  }
  return numbers;
}

std::string student_compiler() {
  const char* compiler = std::getenv("CXX");
  return compiler != nullptr && *compiler != '\0' ? compiler : LAB_COMPILER;
}

/// Of the programs and the other libraries.
const char* kind_of(Workshop::Flags flags) { return flags == Workshop::Flags::sanitized ? "sanitized" : "fast"; }

fs::path program_of(const Lab& lab, Workshop::Flags flags) {
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

std::string headers_of(const Course& course, const Lab& lab) {
  std::string all = read_file(lab.header());
  for (const Lab* needed : course.needed(lab)) all += read_file(needed->header());
  return all;
}

std::string names_of(const std::vector<const Mistake*>& mistakes) {
  std::vector<std::string> names;
  for (const Mistake* mistake : mistakes) names.push_back(mistake->name);
  return joined(names, "+");
}

/// The messages come last: they say that the folder is complete.
void link_version(const Lab& lab, const std::string& object, const fs::path& folder, const std::string& messages) {
  const std::string name = lab.library() + ".so";
  const fs::path draft = folder / fmt::format("{}.{}", name, getpid());
  fs::create_directories(folder);
  // The programs bring the libraries, so that none is looked for.
  if (!run({LAB_COMPILER, "-shared", "-nostdlib", "-Wl,-soname," + name, "-o", draft.string(), object}).good()) return;
  fs::rename(draft, folder / name);
  write_file(folder / "messages", messages);
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

std::vector<std::vector<const Mistake*>> each_alone(const std::vector<Mistake>& mistakes) {
  std::vector<std::vector<const Mistake*>> list;
  for (const Mistake& mistake : mistakes) list.push_back({&mistake});
  return list;
}

std::uint64_t seed_of(const CaseName& name, std::uint64_t hidden) {
  const std::uint64_t hash = hash_of(name.id());
  return hidden == 0 ? 1 + hash % 999 : 1000 + hash_of(std::to_string(hidden), hash) % 1000000;
}

Workshop::Workshop(const Course& course)
    : course_(course), student_compiler_(student_compiler()), cache_(fs::path(LAB_BUILD) / "labs" / "cache") {
  fs::create_directories(cache_);
}

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

// --- libraries ------------------------------------------------------------------------------------------------------

std::vector<std::string> Workshop::options(const std::string& compiler, const Lab& lab, Flags flags) const {
  std::vector<std::string> words{compiler, "-std=c++20"};
  const std::vector<std::string>& own = flags_of(flags);
  words.insert(words.end(), own.begin(), own.end());
  // A check that the runtime of gcc, to which the programs are linked, does not have.
  if (compiler.find("clang") != std::string::npos) words.push_back("-fno-sanitize=function");
  words.insert(words.end(), {"-Wall", "-Wextra", "-Wno-unused-parameter", "-fPIC", "-I" + lab.folder.string(),
                             "-I" + (course_.folder() / "student").string()});
  for (const Lab* needed : course_.needed(lab)) words.push_back("-I" + needed->folder.string());
  return words;
}

std::vector<std::string> Workshop::command(const std::string& compiler, const Lab& lab, const fs::path& source,
                                           const fs::path& library, Flags flags) const {
  std::vector<std::string> words = options(compiler, lab, flags);
  words.insert(words.end(),
               {"-shared", "-Wl,-soname," + lab.library() + ".so", "-o", library.string(), source.string()});
  return words;
}

std::string Workshop::key(const std::string& compiler, const Lab& lab, const std::string& source, Flags flags) const {
  const std::string words = joined(command(compiler, lab, "source", "library", flags), " ");
  return hex_of(hash_of(fmt::format("{}{}{}{}", cache_format, words, source, headers_of(course_, lab))));
}

std::optional<Library> Workshop::found(const Lab& lab, const std::string& key) const {
  const fs::path folder = cache_ / key;
  if (!fs::exists(folder / "messages")) return std::nullopt;
  return Library{folder, read_file(folder / "messages"), fs::exists(folder / (lab.library() + ".so"))};
}

Library Workshop::compile_into_cache(const std::string& compiler, const Lab& lab, const fs::path& source,
                                     const std::string& text, Flags flags) {
  const std::string name = key(compiler, lab, text, flags);
  if (const std::optional<Library> library = found(lab, name)) return *library;
  const fs::path folder = cache_ / name;
  const fs::path draft = fmt::format("{}.{}.{}", folder.string(), getpid(), hash_of(source.string()) % 1000);
  fs::create_directories(draft);
  const Outcome outcome = run(command(compiler, lab, source, draft / (lab.library() + ".so"), flags), {{"LC_ALL", "C"}},
                              {.seconds = 120, .output = 1 << 22, .file_size = std::size_t{1} << 30});
  std::error_code failed;
  if (!outcome.good()) {
    fs::remove_all(draft, failed);
    return {{}, outcome.timed_out ? "error: the compiler does not end" : outcome.output, false};
  }
  write_file(draft / "messages", outcome.output);
  fs::rename(draft, folder, failed);
  if (failed) fs::remove_all(draft, failed);  // another grader was faster
  return {folder, outcome.output, true};
}

Library Workshop::compile(const Lab& lab, const fs::path& source, Flags flags) {
  return compile_into_cache(student_compiler_, lab, source, read_file(source), flags);
}

Library Workshop::compile_text(const Lab& lab, const std::string& source, Flags flags) {
  if (const std::optional<Library> library = found(lab, key(LAB_COMPILER, lab, source, flags))) return *library;
  const TemporaryFolder draft;
  const fs::path file = draft.path() / (lab.file + ".cpp");
  write_file(file, source);
  return compile_into_cache(LAB_COMPILER, lab, file, source, flags);
}

void Workshop::compile_batch(const Lab& lab, std::vector<std::string> versions, Flags flags) {
  const TemporaryFolder draft;
  const std::string object = (draft.path() / "batch.o").string();
  std::vector<std::string> words = options(LAB_COMPILER, lab, flags);
  words.insert(words.end(), {"-c", "-o", object, (draft.path() / "batch.cpp").string()});
  const auto folder_of = [&](const std::string& version) { return cache_ / key(LAB_COMPILER, lab, version, flags); };
  // Last the solution: if it does not compile there, a version before it breaks the others, and each is compiled alone.
  versions.push_back(read_file(lab.solution()));
  while (versions.size() > 1) {
    write_file(draft.path() / "batch.cpp", batch_of(lab, versions));
    const Outcome outcome =
        run(words, {{"LC_ALL", "C"}}, {.seconds = 120, .output = 1 << 22, .file_size = std::size_t{1} << 30});
    const std::vector<std::string> messages = messages_of_batch(outcome.output, versions.size());
    const auto is_wrong = [&](std::size_t i) { return messages[i].find(": error: ") != std::string::npos; };
    if (outcome.good()) {
      const std::string objects = read_file(object);
      for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
        write_file(object, object_with(objects, i));
        link_version(lab, object, folder_of(versions[i]), messages[i]);
      }
      return;
    }
    if (is_wrong(versions.size() - 1)) return;
    std::vector<std::string> right;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (is_wrong(i)) {
        write_file(folder_of(versions[i]) / "messages", messages[i]);
      } else {
        right.push_back(versions[i]);
      }
    }
    if (right.size() == versions.size()) return;
    versions = std::move(right);
  }
}

void Workshop::compile_together(const Lab& lab, const std::vector<std::string>& versions, Flags flags,
                                const std::function<bool()>& goes_on) {
  if (!fs::exists(lab.solution())) return;
  const std::lock_guard guard(batch_mutex_);
  std::vector<std::string> missing;
  for (const std::string& version : std::set<std::string>(versions.begin(), versions.end())) {
    if (!found(lab, key(LAB_COMPILER, lab, version, flags))) missing.push_back(version);
  }
  constexpr std::size_t most = 24;
  in_parallel((missing.size() + most - 1) / most, [&](std::size_t i) {
    const auto first = missing.begin() + static_cast<std::ptrdiff_t>(i * most);
    const auto last = missing.begin() + static_cast<std::ptrdiff_t>(std::min(missing.size(), (i + 1) * most));
    if (goes_on()) compile_batch(lab, {first, last}, flags);
  });
}

void Workshop::compile_together(const Lab& lab, const std::vector<std::vector<const Mistake*>>& mutants, Flags flags,
                                const std::function<bool()>& goes_on) {
  if (!fs::exists(lab.solution())) return;
  std::vector<std::string> versions;
  for (const std::vector<const Mistake*>& mistakes : mutants) {
    try {
      versions.push_back(mutant(lab, mistakes));
    } catch (const Error&) {  // both change the same place
    }
  }
  compile_together(lab, versions, flags, goes_on);
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
    const Library library = compile_text(lab, version, flags);
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
  return cache_ / "runs" /
         hex_of(hash_of(fmt::format("{}{}{}{}", cache_format, program_hashes_.at(lab.number), version, id)));
}

std::string Workshop::mutant(const Lab& lab, const std::vector<const Mistake*>& mistakes) {
  std::string text = read_file(lab.solution());
  for (const Mistake* mistake : mistakes) text = edited(text, mistake->edits);
  return text;
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

bool Workshop::is_compiled(const Lab& lab, const std::vector<const Mistake*>& mistakes, Flags flags) {
  if (!fs::exists(lab.solution())) return true;
  try {
    return fs::exists(cache_ / key(LAB_COMPILER, lab, mutant(lab, mistakes), flags) / (lab.library() + ".so"));
  } catch (const Error&) {
    return true;  // known at no cost to be impossible
  }
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
