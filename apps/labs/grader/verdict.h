#pragma once

#include "case_run.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lab {

enum class Status { ok, wrong, missing, waits };

/// One observation beside the expected one.
struct Stage {
  std::string name;
  Status status = Status::ok;
  std::size_t wrong = 0;  ///< elements
  std::size_t total = 0;
  std::size_t first = 0;  ///< the first wrong one
};

struct CaseVerdict {
  CaseName name;
  std::uint64_t seed = 0;
  CaseRun student;
  CaseRun expected;
  std::vector<Stage> stages;
  std::vector<std::string> broken;  ///< texts of requirements that do not hold
  bool passed = false;
  bool unwritten() const { return student.end == End::not_implemented; }
  bool failed() const { return !passed && !unwritten(); }
};

/// Whether an element is not what is expected.
bool differs(const Observation& got, const Observation& expected, std::size_t element);

/// Not reported, or nothing written to it: all elements are still NaN.
bool is_missing(const Observation* got, const Observation& expected);

CaseVerdict judge(const CaseName& name, std::uint64_t seed, CaseRun student, CaseRun expected);

}  // namespace lab
