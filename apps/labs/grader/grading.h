#pragma once

#include "diagnosis.h"
#include "verdict.h"
#include "workshop.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lab {

struct TaskResult {
  const Task* task = nullptr;
  std::vector<CaseVerdict> cases;
  Diagnosis diagnosis;
  std::vector<const Task*> waits_for;  ///< needed tasks that are wrong, if no mistake of its own is known
  int score() const;
  bool failed() const;
  bool unwritten() const;
};

struct LabResult {
  const Lab* lab = nullptr;
  fs::path file;
  std::string fault;               ///< why no case was run
  std::vector<std::string> notes;  ///< of what the student should know besides
  std::vector<TaskResult> tasks;
  double seconds = 0;
  int score() const;
};

struct GradeOptions {
  std::map<std::string, std::uint64_t> seeds{};  ///< by case, "8.3 large mean"
  std::uint64_t hidden = 0;                      ///< makes other seeds for the other cases
  bool diagnose = true;
  bool trusted = false;   ///< a version of the solution rather than a student's file, see Workshop::version_run
  double budget = 60;     ///< seconds of computing for mutants, for all tasks together
  bool all_pairs = true;  ///< see Symptoms

  std::uint64_t seed(const CaseName& name) const;
};

/// Libraries of needed labs that are the student's own.
struct Needed {
  std::vector<fs::path> libraries;
  std::vector<std::string> notes;
};

/// Grades one file.
LabResult grade(Workshop& workshop, const Lab& lab, const fs::path& file, const Needed& needed = {},
                const GradeOptions& options = {});

}  // namespace lab
