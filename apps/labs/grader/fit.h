#pragma once

#include "case_run.h"

#include <cstddef>
#include <optional>

namespace lab {

// How well a known mistake explains what the student's code reported. A contradiction is nothing; otherwise the
// evidence: how many wrong numbers are explained, and how many wrong outcomes that are no numbers (a text, a broken
// requirement, a crash).
struct Evidence {
  std::size_t numbers = 0;
  std::size_t outcomes = 0;
  std::size_t total() const { return numbers + outcomes; }
  Evidence& operator+=(const Evidence& other) {
    numbers += other.numbers;
    outcomes += other.outcomes;
    return *this;
  }
};

/// The mutant reports the same.
std::optional<Evidence> same(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant);

/// The difference to the expected numbers is `factor` times that of the mutant. A factor of 0 is found and set.
std::optional<Evidence> multiple(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant,
                                 double& factor);

/// The difference to the expected numbers is the sum of those of two mutants, and neither alone.
std::optional<Evidence> sum(const CaseRun& student, const CaseRun& expected, const CaseRun& a, const CaseRun& b);

/// The ratio to the expected numbers is the product of those of two mutants, and neither alone.
std::optional<Evidence> product(const CaseRun& student, const CaseRun& expected, const CaseRun& a, const CaseRun& b);

/// Wrong numbers of the student that are the mutant's, in at least one observation.
bool explains_part(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant);

}  // namespace lab
