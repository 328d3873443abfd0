#pragma once

#include "figure.h"
#include "results.h"
#include "setting.h"
#include "table.h"

#include <functional>

namespace study {

/// One arm, still without a seed. `measure` builds, trains and adds to the record; all random numbers are those of the
/// record's seed, so that the arms start from equal weights and see equal batches.
struct Arm {
  Labels labels;
  std::function<void(Record& record)> measure;
};

/// Part of a verdict's rule, written before the run.
struct Criterion {
  struct Outcome {
    bool holds = false;
    std::string seen;  ///< the numbers: "97.1 % against 10.3 %"
  };
  std::string text;  ///< what has to be
  std::function<Outcome(const Results& results)> judge;
};

/// Whether the first number is above the second, or below it; seen: both, written by `percent` or `number`.
Criterion::Outcome higher(double a, double b, std::string (*write)(double));
Criterion::Outcome lower(double a, double b, std::string (*write)(double));

/// A claim, and how it is tried.
struct Experiment {
  std::string name;       ///< one word, for the command line and files
  std::string claim;      ///< a sentence
  std::string setup;      ///< with its numbers
  std::string published;  ///< where this was seen before, and the numbers
  double minutes = 0;     ///< expected on two cores
  bool timed = false;     ///< its runs measure time, and have the machine to themselves
  std::vector<Arm> arms;
  std::vector<Criterion> criteria;
  std::function<Figure(const Results& results)> figure;
  std::function<Table(const Results& results)> table;

  void add_arm(Labels labels, std::function<void(Record& record)> measure) {
    arms.push_back({std::move(labels), std::move(measure)});
  }
  void add_criterion(std::string text, std::function<Criterion::Outcome(const Results& results)> judge) {
    criteria.push_back({std::move(text), std::move(judge)});
  }
};

}  // namespace study
