#pragma once

#include "experiment.h"
#include "progress.h"
#include "run_log.h"

#include <memory>

namespace study {

/// An experiment and the log of its runs.
struct Work {
  Experiment experiment;
  std::shared_ptr<RunLog> log;
};

/// Runs everything that is missing in the logs, one run per core; runs of timed experiments come last, one at a time.
/// Rethrows the error of a run, with its name, after the other running ones have ended.
void run_missing(const std::vector<Work>& works, const Setting& setting, Progress& progress);

}  // namespace study
