#include "fit.h"

#include "verdict.h"

#include <algorithm>
#include <cmath>

namespace lab {

namespace {

/// Equal up to rounding: within the tolerance of the case, and far nearer than the mutant is to the expected numbers.
bool equal(double x, double m, const Observation& expected, double size, double difference) {
  if (std::isnan(x) || std::isnan(m)) return std::isnan(x) && std::isnan(m);
  if (x == m) return true;
  const double near = expected.tolerance(std::max(size, std::abs(m)));
  return std::abs(x - m) <= (difference > 0 ? std::min(near, 1e-3 * difference + 1e-12 * size) : near);
}

/// The largest difference between two observations.
double difference_of(const Observation& a, const Observation& b) {
  double largest = 0;
  for (std::size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i) {
    const double d = std::abs(a.values[i] - b.values[i]);
    if (std::isfinite(d)) largest = std::max(largest, d);
  }
  return largest;
}

bool is_right(const Observation& got, const Observation& expected) {
  if (got.values.size() != expected.values.size()) return false;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    if (differs(got, expected, i)) return false;
  }
  return true;
}

double size_of(const Observation& o) {
  double largest = 0;
  for (const double x : o.values) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  return largest;
}

/// Nothing if they are different, otherwise the wrong elements that they share.
std::optional<Evidence> same_observation(const Observation& student, const Observation& expected,
                                         const Observation& mutant) {
  Evidence evidence;
  if (expected.is_text) {
    if (student.text != mutant.text) return std::nullopt;
    if (student.text != expected.text) ++evidence.outcomes;
    return evidence;
  }
  if (student.values.size() != mutant.values.size()) return std::nullopt;
  // Where the mutant is right, rounding is all there is.
  const double difference = is_right(mutant, expected) ? 0 : difference_of(mutant, expected);
  const double size = size_of(expected);
  for (std::size_t i = 0; i < student.values.size(); ++i) {
    if (!equal(student.values[i], mutant.values[i], expected, size, difference)) return std::nullopt;
    if (i >= expected.values.size() || differs(student, expected, i)) ++evidence.numbers;
  }
  return evidence;
}

/// Differences to the expected numbers, of what is compared number by number.
struct Differences {
  std::vector<double> student;
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> expected;
  std::vector<double> tolerance;
};

/// Nothing if the runs are not comparable number by number: a text is wrong, a size, or they did not come to the end.
std::optional<Differences> differences(const CaseRun& student, const CaseRun& expected, const CaseRun& a,
                                       const CaseRun& b) {
  Differences d;
  if (student.end != End::complete || a.end != End::complete || b.end != End::complete) return std::nullopt;
  for (const Observation& e : expected.observations) {
    const Observation* const s = student.find(e.name);
    const Observation* const m = a.find(e.name);
    const Observation* const n = b.find(e.name);
    if (is_missing(s, e)) continue;
    if (m == nullptr || n == nullptr) return std::nullopt;
    if (e.is_text) {
      if (s->text != e.text) return std::nullopt;
      continue;
    }
    if (s->values.size() != e.values.size() || m->values.size() != e.values.size() ||
        n->values.size() != e.values.size()) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < e.values.size(); ++i) {
      const double values[] = {s->values[i], m->values[i], n->values[i], e.values[i]};
      if (std::all_of(std::begin(values), std::end(values), [](double x) { return std::isnan(x); })) continue;
      if (!std::all_of(std::begin(values), std::end(values), [](double x) { return std::isfinite(x); })) {
        return std::nullopt;
      }
      d.expected.push_back(e.values[i]);
      d.student.push_back(s->values[i] - e.values[i]);
      d.a.push_back(m->values[i] - e.values[i]);
      d.b.push_back(n->values[i] - e.values[i]);
      d.tolerance.push_back(e.tolerance(e.values[i]));
    }
  }
  return d;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// Of the vectors: -1 to 1.
double cosine(const std::vector<double>& x, const std::vector<double>& y) {
  const double norms = std::sqrt(dot(x, x) * dot(y, y));
  return norms > 0 ? dot(x, y) / norms : 0;
}

double largest_of(const std::vector<double>& x) {
  double largest = 0;
  for (const double value : x) largest = std::max(largest, std::abs(value));
  return largest;
}

std::size_t count_beyond(const std::vector<double>& x, const std::vector<double>& tolerance) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < x.size(); ++i) count += std::abs(x[i]) > tolerance[i] ? 1 : 0;
  return count;
}

}  // namespace

std::optional<Evidence> same(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant) {
  Evidence evidence;
  if (student.end != mutant.end) return std::nullopt;
  if (student.end != End::complete) {
    if (student.end != End::exception && student.kind != mutant.kind) return std::nullopt;
    ++evidence.outcomes;
  }
  for (const Observation& e : expected.observations) {
    const Observation* const s = student.find(e.name);
    const Observation* const m = mutant.find(e.name);
    if (is_missing(s, e)) {
      // A stage that was not written to may be part of the mistake: what follows from it decides.
      const bool reported = s != nullptr;
      if (!reported && m != nullptr) return std::nullopt;
      if (reported && is_missing(m, e)) ++evidence.outcomes;
      continue;
    }
    if (m == nullptr) return std::nullopt;
    const std::optional<Evidence> part = same_observation(*s, e, *m);
    if (!part) return std::nullopt;
    evidence += *part;
  }
  if (student.end == End::complete && student.requirements.size() != mutant.requirements.size()) return std::nullopt;
  for (std::size_t i = 0; i < std::min(student.requirements.size(), mutant.requirements.size()); ++i) {
    if (student.requirements[i].holds != mutant.requirements[i].holds) return std::nullopt;
    if (!student.requirements[i].holds) ++evidence.outcomes;
  }
  return evidence;
}

std::optional<Evidence> multiple(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant,
                                 double& factor) {
  const std::optional<Differences> d = differences(student, expected, mutant, mutant);
  if (!d || dot(d->a, d->a) == 0) return std::nullopt;
  // A result that is a multiple of the right one says nothing: any two of them are multiples of each other.
  if (std::abs(cosine(d->a, d->expected)) > 1 - 1e-9) return std::nullopt;
  const double here = dot(d->student, d->a) / dot(d->a, d->a);
  if (factor == 0) factor = here;
  if (!(std::abs(here - factor) <= 1e-5 * std::abs(factor))) return std::nullopt;
  const double bound = 1e-6 * largest_of(d->student);
  for (std::size_t i = 0; i < d->student.size(); ++i) {
    if (std::abs(d->student[i] - factor * d->a[i]) > std::max(bound, 1e-12 * std::abs(d->expected[i]))) {
      return std::nullopt;
    }
  }
  return Evidence{count_beyond(d->student, d->tolerance), 0};
}

std::optional<Evidence> sum(const CaseRun& student, const CaseRun& expected, const CaseRun& a, const CaseRun& b) {
  const std::optional<Differences> d = differences(student, expected, a, b);
  if (!d) return std::nullopt;
  const double bound = 1e-6 * largest_of(d->student);
  for (std::size_t i = 0; i < d->student.size(); ++i) {
    if (std::abs(d->student[i] - d->a[i] - d->b[i]) > std::max(bound, 1e-12 * std::abs(d->expected[i]))) {
      return std::nullopt;
    }
  }
  // If all three are along one line, as multiples of the right result are, other sums fit as well.
  const bool parallel = std::abs(cosine(d->a, d->b)) > 1 - 1e-9;
  if (parallel) return std::nullopt;
  return Evidence{std::min(count_beyond(d->a, d->tolerance), count_beyond(d->b, d->tolerance)), 0};
}

std::optional<Evidence> product(const CaseRun& student, const CaseRun& expected, const CaseRun& a, const CaseRun& b) {
  const std::optional<Differences> d = differences(student, expected, a, b);
  if (!d) return std::nullopt;
  for (std::size_t i = 0; i < d->student.size(); ++i) {
    const double e = d->expected[i];
    const double left = (e + d->student[i]) * e;
    const double right = (e + d->a[i]) * (e + d->b[i]);
    const double size = std::max(std::abs(left), std::abs(right));
    if (std::abs(left - right) > 1e-7 * size + 1e-12 * e * e) return std::nullopt;
  }
  // Two multiples of the right result have the same product as many others.
  const bool multiples =
      std::abs(cosine(d->a, d->expected)) > 1 - 1e-9 && std::abs(cosine(d->b, d->expected)) > 1 - 1e-9;
  if (multiples) return std::nullopt;
  return Evidence{std::min(count_beyond(d->a, d->tolerance), count_beyond(d->b, d->tolerance)), 0};
}

bool explains_part(const CaseRun& student, const CaseRun& expected, const CaseRun& mutant) {
  for (const Observation& e : expected.observations) {
    const Observation* const s = student.find(e.name);
    const Observation* const m = mutant.find(e.name);
    if (s == nullptr || m == nullptr) continue;
    const std::optional<Evidence> part = same_observation(*s, e, *m);
    if (part && part->total() > 0) return true;
  }
  return false;
}

}  // namespace lab
