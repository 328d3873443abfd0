#pragma once

#include "case_run.h"
#include "compiler.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lab {

/// Builds the programs of the labs and runs cases with students' files and versions of the solutions. What cases
/// reported with a version is kept in the build folder under a hash of all that it depends on.
class Workshop {
 public:
  explicit Workshop(const Course& course);

  const Course& course() const { return course_; }
  Compiler& compiler() { return compiler_; }

  /// Builds the programs of a lab, if need be.
  void prepare(const Lab& lab);
  void prepare_fast(const Lab& lab);
  fs::path picture(const Lab& lab);

  const std::vector<CaseName>& cases(const Lab& lab);
  const CaseName& case_named(const Lab& lab, const std::string& id);

  /// The folder with the libraries of the solutions.
  fs::path reference(Flags flags = Flags::sanitized) const;

  /// Runs a case with the libraries in these folders; those that are in none are the solutions'.
  CaseRun run_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed,
                   bool leaks = true);
  /// What a case reports with a version of the solution, which is not a student's file; with an empty one, the
  /// solution's library. Nothing if it does not compile. All cases are run along, unless most of such versions are only
  /// asked for one: `alone`.
  std::optional<CaseRun> version_run(const Lab& lab, const std::string& version, const CaseName& name,
                                     std::uint64_t seed, Flags flags = Flags::sanitized, bool alone = false);
  /// The time of the fastest call of a case, without sanitizers.
  double time_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed);

  /// What a case reports with the solution, or with the solution and these mistakes. Nothing if the mistakes exclude
  /// each other or do not compile.
  std::optional<CaseRun> reference_run(const Lab& lab, const std::vector<const Mistake*>& mistakes,
                                       const CaseName& name, std::uint64_t seed, Flags flags = Flags::sanitized,
                                       bool alone = false);

  /// See slips_of.
  const std::vector<Mistake>& slips(const Lab& lab);

 private:
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
  /// The results that a tree of students comes with.
  const Json& observations(const Lab& lab);

  const Course& course_;
  Compiler compiler_;
  std::mutex mutex_;
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

/// The seed of the public run of a case; with a number of a hidden run, another one.
std::uint64_t seed_of(const CaseName& name, std::uint64_t hidden = 0);

/// Whether a source allocates by hand. The search for leaks takes half of the time of a short case, and mutants are run
/// without it where nothing can leak.
bool can_leak(const std::string& source);

fs::path course_folder();

}  // namespace lab
