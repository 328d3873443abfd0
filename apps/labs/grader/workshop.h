#pragma once

#include "case_run.h"
#include "course.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
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

  /// `numbers`: for mutants that end, which only have to report their numbers; compiled in half of the time.
  enum class Flags { sanitized, fast, numbers };
  Library compile(const Lab& lab, const fs::path& source, Flags flags = Flags::sanitized);
  /// Of a source that is in no file.
  Library compile_text(const Lab& lab, const std::string& source, Flags flags = Flags::sanitized);
  /// The folder with the libraries of the solutions.
  fs::path reference(Flags flags = Flags::sanitized) const;

  /// Runs a case with the libraries in these folders; those that are in none are the solutions'.
  CaseRun run_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed,
                   bool leaks = true);
  /// The same for code that is not a student's: in less time where it does not end.
  CaseRun run_trusted(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed,
                      bool leaks);
  /// The time of the fastest call of a case, without sanitizers.
  double time_case(const Lab& lab, const std::vector<fs::path>& libraries, const CaseName& name, std::uint64_t seed);

  /// What a case reports with the solution, or with the solution and these mistakes. Nothing if the mistakes exclude
  /// each other or do not compile.
  std::optional<CaseRun> reference_run(const Lab& lab, const std::vector<const Mistake*>& mistakes,
                                       const CaseName& name, std::uint64_t seed, Flags flags = Flags::sanitized);
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
  /// What mutants include, to be compiled once.
  fs::path prepared_header(const Lab& lab) const;
  void prepare_header(const Lab& lab);
  Library compile_into_cache(const std::string& compiler, const Lab& lab, const fs::path& source,
                             const std::string& text, Flags flags);
  void build(const std::vector<std::string>& targets);
  Outcome run_program(const fs::path& program, const std::vector<fs::path>& libraries, Flags flags,
                      std::vector<std::string> arguments, const fs::path& folder, double seconds, bool leaks);
  CaseRun run_one(const Lab& lab, const std::vector<fs::path>& libraries, Flags flags, const CaseName& name,
                  std::uint64_t seed, double seconds, bool leaks);
  fs::path saved_run(const Lab& lab, const std::string& source, const std::string& id);
  std::string mutant(const Lab& lab, const std::vector<const Mistake*>& mistakes);
  /// The results that a tree of students comes with.
  const Json& observations(const Lab& lab);

  const Course& course_;
  std::string student_compiler_;  ///< CXX, or the one that the labs are built with, which also compiles mutants
  fs::path cache_;
  std::mutex mutex_;
  std::mutex header_mutex_;
  std::map<int, std::vector<CaseName>> cases_;
  std::map<int, std::string> program_hashes_;
  std::map<std::string, CaseRun> runs_;
  std::map<int, Json> observations_;
  std::map<int, std::vector<Mistake>> slips_;
  std::map<std::string, bool> broken_;
};

/// The seed of the public run of a case; with a number of a hidden run, another one.
std::uint64_t seed_of(const CaseName& name, std::uint64_t hidden = 0);

/// Whether a source allocates by hand. The search for leaks takes half of the time of a short case, and mutants are run
/// without it where nothing can leak.
bool can_leak(const std::string& source);

fs::path course_folder();

}  // namespace lab
