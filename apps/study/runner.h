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

/// Runs what is missing in the logs: one run per core, and those that measure time last and one after the other.
/// Results do not depend on that. Throws what a run throws, naming the run, after the others have ended.
void run_missing(const std::vector<Work>& works, const Setting& setting, Progress& progress);

}  // namespace study
