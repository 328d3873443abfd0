#include "experiment.h"

#include <fmt/format.h>

namespace study {

Criterion::Outcome higher(double a, double b, std::string (*write)(double)) {
  return {a > b, fmt::format("{} against {}", write(a), write(b))};
}

Criterion::Outcome lower(double a, double b, std::string (*write)(double)) {
  return {a < b, fmt::format("{} against {}", write(a), write(b))};
}

}  // namespace study
