#pragma once

#include "process.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace lab {

struct CaseName {
  std::string task;
  std::string name;
  int points = 0;
  std::string id() const { return task + ' ' + name; }
};

struct Observation {
  std::string name;
  std::vector<std::string> depends_on;
  bool is_text = false;
  std::string text;
  std::vector<std::size_t> shape;
  std::vector<double> values;
  double absolute = 0;
  double relative = 0;

  /// Of one element.
  double tolerance(double expected) const;
};

struct Requirement {
  bool holds = true;
  std::string text;
};

enum class End { complete, not_implemented, exception, crash, leak, time_out, too_much_output, exit, no_start };

/// What a case reported, and how it ended.
struct CaseRun {
  End end = End::no_start;
  bool started = false;  ///< it came to the case
  std::string kind;      ///< of a crash or an exception, for comparison: "stack-overflow"
  std::string detail;    ///< for the reader
  std::string place;     ///< "batch_norm_backward.cpp:41"
  std::string input;
  std::vector<Observation> observations;
  std::vector<Requirement> requirements;
  std::vector<std::pair<std::string, std::size_t>> calls;
  std::string printed;
  double seconds = 0;  ///< of the fastest call, of cases that are timed
  double took = 0;     ///< of the whole process

  const Observation* find(const std::string& name) const;
};

/// `report` is what the case wrote, `sanitizer` what the sanitizers did, `file` the name of the student's file.
CaseRun read_run(const std::string& report, const std::string& sanitizer, const Outcome& outcome,
                 const std::string& file);

/// As text for the cache, and back.
std::string saved(const CaseRun& run);
CaseRun restored(const std::string& text);

}  // namespace lab
