#pragma once

#include "figure.h"
#include "results.h"
#include "setting.h"
#include "table.h"

#include <functional>

namespace study {

/// One condition of an experiment, to run with several seeds. `measure` builds a network, trains it and adds results to
/// the record. All random numbers depend on the seed of the record only, so that all arms start from the same weights
/// and see the same batches.
struct Arm {
  Labels labels;
  std::function<void(Record& record)> measure;
};

/// What the runs say about a criterion.
struct Evidence {
  std::vector<double> excess;  ///< one per seed: above 0 where the criterion holds
  std::string observed;        ///< the numbers: "97.1 % against 10.3 %"
};

/// The first numbers are higher than the second, or lower, by more than a margin: pairs with the same seed. The medians
/// are written by `percent` or `number`. Throws ValueError for lists of different lengths.
Evidence higher(const std::vector<double>& a, const std::vector<double>& b, std::string (*write)(double),
                double margin = 0);
Evidence lower(const std::vector<double>& a, const std::vector<double>& b, std::string (*write)(double),
               double margin = 0);
/// The numbers are above the limit, or below it.
Evidence above(const std::vector<double>& a, double limit, std::string (*write)(double));
Evidence below(const std::vector<double>& a, double limit, std::string (*write)(double));

/// A condition of the verdict, written before the run.
struct Criterion {
  std::string text;  ///< a statement, true or false
  std::function<Evidence(const Results& results)> evidence;
};

/// A claim and its test.
struct Experiment {
  std::string name;       ///< one word, for the command line and files
  std::string claim;      ///< a sentence
  std::string setup;      ///< networks, training and measurements, with their numbers
  std::string published;  ///< earlier results, with their source
  double minutes = 0;     ///< expected time on two cores
  bool timed = false;     ///< its runs measure time, so that no others may run at the same time
  std::vector<Arm> arms;
  std::vector<Criterion> criteria;
  std::function<Figure(const Results& results)> figure;
  std::function<Table(const Results& results)> table;

  void add_arm(Labels labels, std::function<void(Record& record)> measure) {
    arms.push_back({std::move(labels), std::move(measure)});
  }
  void add_criterion(std::string text, std::function<Evidence(const Results& results)> evidence) {
    criteria.push_back({std::move(text), std::move(evidence)});
  }
};

}  // namespace study
