#pragma once

#include "case_run.h"
#include "course.h"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lab {

/// A shared library of one lab, in a folder of its own.
struct Library {
  fs::path folder;
  std::string messages;  ///< of the compiler
  bool good = false;
};

/// Compiles students' files and mutants, and runs cases with them. What has been compiled once, and what cases reported
/// with the solution or a mutant, is kept in the build folder under a hash of all that it depends on.
class Workshop {
 public:
  explicit Workshop(const Course& course);

  const Course& course() const { return course_; }

  /// Builds the programs of a lab, if need be.
  void prepare(const Lab& lab);
  void prepare_fast(const Lab& lab);
  fs::path picture(const Lab& lab);

  const std::vector<CaseName>& cases(const Lab& lab);
  const CaseName& case_named(const Lab& lab, const std::string& id);

  /// `numbers`: for mutants that end, which only have to report their numbers; without sanitizers.
  enum class Flags { sanitized, fast, numbers };
  Library compile(const Lab& lab, const fs::path& source, Flags flags = Flags::sanitized);
  /// Of a source that is in no file.
  Library compile_text(const Lab& lab, const std::string& source, Flags flags = Flags::sanitized);
  /// Compiles versions of the solution in advance, many at once, as long as `goes_on`.
  void compile_together(
      const Lab& lab, const std::vector<std::string>& versions, Flags flags = Flags::sanitized,
      const std::function<bool()>& goes_on = [] { return true; });
  /// The same of solutions with mistakes, without those that exclude each other.
  void compile_together(
      const Lab& lab, const std::vector<std::vector<const Mistake*>>& mutants, Flags flags,
      const std::function<bool()>& goes_on = [] { return true; });
  /// The folder with the libraries of the solutions.
  fs::path reference(Flags flags = Flags::sanitized) const;

  /// Runs a case with the libraries in these folders; those that are in none are the solutions'.
  CaseRun run_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed,
                   bool leaks = true);
  /// What a case reports with a version of the solution, which is no student's file; with an empty one, the solution's
  /// library. Nothing if it does not compile. All cases are run along, unless most of such versions are only asked for
  /// one: `alone`.
  std::optional<CaseRun> version_run(const Lab& lab, const std::string& version, const CaseName& name,
                                     std::uint64_t seed, Flags flags = Flags::sanitized, bool alone = false);
  /// The time of the fastest call of a case, without sanitizers.
  double time_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed);

  /// What a case reports with the solution, or with the solution and these mistakes. Nothing if the mistakes exclude
  /// each other or do not compile.
  std::optional<CaseRun> reference_run(const Lab& lab, const std::vector<const Mistake*>& mistakes,
                                       const CaseName& name, std::uint64_t seed, Flags flags = Flags::sanitized,
                                       bool alone = false);
  /// The library with these mistakes is there, so that a run costs no compilation.
  bool is_compiled(const Lab& lab, const std::vector<const Mistake*>& mistakes, Flags flags = Flags::sanitized);

  /// See slips_of.
  const std::vector<Mistake>& slips(const Lab& lab);

  /// The command that compiles a student's file, for editors and for the grader.
  std::vector<std::string> command(const Lab& lab, const fs::path& source, const fs::path& library, Flags flags) const {
    return command(student_compiler_, lab, source, library, flags);
  }

 private:
  /// The compiler and what every file of a lab is compiled with.
  std::vector<std::string> options(const std::string& compiler, const Lab& lab, Flags flags) const;
  std::vector<std::string> command(const std::string& compiler, const Lab& lab, const fs::path& source,
                                   const fs::path& library, Flags flags) const;
  std::string key(const std::string& compiler, const Lab& lab, const std::string& source, Flags flags) const;
  /// What the cache holds under a key.
  std::optional<Library> found(const Lab& lab, const std::string& key) const;
  Library compile_into_cache(const std::string& compiler, const Lab& lab, const fs::path& source,
                             const std::string& text, Flags flags);
  void compile_batch(const Lab& lab, std::vector<std::string> versions, Flags flags);
  void build(const std::vector<std::string>& targets);
  Outcome run_program(const fs::path& program, const std::vector<fs::path>& libraries, Flags flags,
                      std::vector<std::string> arguments, const fs::path& folder, double seconds, bool leaks);
  CaseRun run_one(const Lab& lab, const std::vector<fs::path>& libraries, Flags flags, const CaseName& name,
                  std::uint64_t seed, double seconds, bool leaks);
  /// Seconds after which a version does not end: what takes much longer than the solution.
  double limit(const Lab& lab, const CaseName& name, std::uint64_t seed);
  /// Runs all cases with a version and their public seeds, each in a process forked by one program, and saves what they
  /// report. Those that do not come to the end are run again alone, which says how they ended.
  void run_together(const Lab& lab, const Library& library, const std::string& version);
  fs::path saved_run(const Lab& lab, const std::string& version, const CaseName& name, std::uint64_t seed, Flags flags);
  std::string mutant(const Lab& lab, const std::vector<const Mistake*>& mistakes);
  /// The results that a tree of students comes with.
  const Json& observations(const Lab& lab);

  const Course& course_;
  std::string student_compiler_;  ///< CXX, or the one that the labs are built with, which also compiles mutants
  fs::path cache_;
  std::mutex mutex_;
  std::mutex batch_mutex_;  ///< so that two searches do not compile the same
  std::map<int, std::vector<CaseName>> cases_;
  std::map<int, std::string> program_hashes_;
  std::map<std::string, CaseRun> runs_;
  std::map<int, Json> observations_;
  std::map<int, std::vector<Mistake>> slips_;
  std::map<std::string, bool> broken_;
  std::set<int> fast_;  ///< labs whose programs without sanitizers are built
};

/// Added to the seed of a case for its second input.
inline constexpr std::uint64_t second_seed = 5000;

/// Each mistake alone, as a list of mutants.
std::vector<std::vector<const Mistake*>> each_alone(const std::vector<Mistake>& mistakes);

/// The seed of the public run of a case; with a number of a hidden run, another one.
std::uint64_t seed_of(const CaseName& name, std::uint64_t hidden = 0);

/// Whether a source allocates by hand. The search for leaks takes half of the time of a short case, and mutants are run
/// without it where nothing can leak.
bool can_leak(const std::string& source);

fs::path course_folder();

}  // namespace lab
