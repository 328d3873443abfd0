#pragma once

#include "course.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// `numbers`: for versions that end, which only have to report their numbers; without sanitizers.
enum class Flags { sanitized, fast, numbers };

/// Of the libraries and runs that are kept; those of another one are not found.
inline constexpr std::string_view cache_format = "2";

/// A shared library of one lab, in a folder of its own.
struct Library {
  fs::path folder;
  std::string messages;  ///< of the compiler
  bool good = false;
};

/// The solution with these mistakes. Throws if two of them change the same place.
std::string mutant(const Lab& lab, const std::vector<const Mistake*>& mistakes);

/// Each mistake alone, as a list of mutants.
std::vector<std::vector<const Mistake*>> each_alone(const std::vector<Mistake>& mistakes);

/// Makes libraries of students' files and of wrong versions of the solutions. What has been compiled once is kept in
/// the build folder under a hash of all that it depends on.
class Compiler {
 public:
  explicit Compiler(const Course& course);

  /// Where libraries and runs are kept.
  const fs::path& cache() const { return cache_; }

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
  /// The library with these mistakes is there, so that a run costs no compilation.
  bool is_compiled(const Lab& lab, const std::vector<const Mistake*>& mistakes, Flags flags = Flags::sanitized);

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

  const Course& course_;
  std::string student_compiler_;  ///< CXX, or the one that the labs are built with, which also compiles mutants
  fs::path cache_;
  std::mutex batch_mutex_;  ///< so that two searches do not compile the same
};

}  // namespace lab
