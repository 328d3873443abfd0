#include "verdict.h"

#include <algorithm>
#include <cmath>

namespace lab {

namespace {

bool all_nan(const Observation& o) {
  return !o.is_text && !o.values.empty() &&
         std::all_of(o.values.begin(), o.values.end(), [](double x) { return std::isnan(x); });
}

Stage compared(const Observation* got, const Observation& expected) {
  Stage stage{expected.name, Status::ok, 0, expected.is_text ? 1 : expected.values.size(), 0};
  if (is_missing(got, expected)) {
    stage.status = Status::missing;
    return stage;
  }
  for (std::size_t i = 0; i < stage.total; ++i) {
    if (!differs(*got, expected, i)) continue;
    if (stage.wrong++ == 0) stage.first = i;
  }
  if (stage.wrong > 0 || got->values.size() != expected.values.size()) stage.status = Status::wrong;
  return stage;
}

}  // namespace

bool differs(const Observation& got, const Observation& expected, std::size_t element) {
  if (expected.is_text) return got.text != expected.text;
  if (element >= got.values.size()) return true;
  const double x = got.values[element];
  const double y = expected.values[element];
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) != std::isnan(y);
  if (x == y) return false;
  return !(std::abs(x - y) <= expected.tolerance(y));  // infinities are not near anything
}

bool is_missing(const Observation* got, const Observation& expected) {
  return got == nullptr || (all_nan(*got) && !all_nan(expected));
}

CaseVerdict judge(const CaseName& name, std::uint64_t seed, CaseRun student, CaseRun expected) {
  CaseVerdict verdict{name, seed, std::move(student), std::move(expected), {}, {}, false};
  for (const Observation& o : verdict.expected.observations) {
    Stage stage = compared(verdict.student.find(o.name), o);
    if (stage.status != Status::ok) {
      for (const Stage& earlier : verdict.stages) {
        const bool depends = std::find(o.depends_on.begin(), o.depends_on.end(), earlier.name) != o.depends_on.end();
        const bool bad = earlier.status == Status::wrong || earlier.status == Status::waits;
        if (depends && bad) stage.status = Status::waits;
      }
    }
    verdict.stages.push_back(stage);
  }
  for (const Requirement& r : verdict.student.requirements) {
    if (!r.holds) verdict.broken.push_back(r.text);
  }
  verdict.passed = verdict.student.end == End::complete && verdict.broken.empty() &&
                   std::all_of(verdict.stages.begin(), verdict.stages.end(),
                               [](const Stage& stage) { return stage.status == Status::ok; });
  return verdict;
}

}  // namespace lab
