#include "experiment.h"

#include <gradus/core/check.h>

namespace study {

namespace {

Evidence compare(const std::vector<double>& larger, const std::vector<double>& smaller, double margin,
                 std::string observed) {
  gradus::check(larger.size() == smaller.size(), "[study] expected a pair for every seed, got {} and {} numbers",
                larger.size(), smaller.size());
  Evidence evidence{{}, std::move(observed)};
  for (std::size_t i = 0; i < larger.size(); ++i) evidence.excess.push_back(larger[i] - smaller[i] - margin);
  return evidence;
}

std::string medians(const std::vector<double>& a, const std::vector<double>& b, std::string (*write)(double)) {
  return fmt::format("{} against {}", write(median(a)), write(median(b)));
}

}  // namespace

Evidence higher(const std::vector<double>& a, const std::vector<double>& b, std::string (*write)(double),
                double margin) {
  return compare(a, b, margin, medians(a, b, write));
}

Evidence lower(const std::vector<double>& a, const std::vector<double>& b, std::string (*write)(double),
               double margin) {
  return compare(b, a, margin, medians(a, b, write));
}

Evidence above(const std::vector<double>& a, double limit, std::string (*write)(double)) {
  return compare(a, std::vector<double>(a.size(), limit), 0, write(median(a)));
}

Evidence below(const std::vector<double>& a, double limit, std::string (*write)(double)) {
  return compare(std::vector<double>(a.size(), limit), a, 0, write(median(a)));
}

}  // namespace study
