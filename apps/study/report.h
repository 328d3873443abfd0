#pragma once

#include "experiment.h"

#include <filesystem>

namespace study {

/// An experiment that has run.
struct Section {
  Experiment experiment;
  Results results;
};

/// Writes into `folder`: index.html, one page without outside references; figures/, tables/ (CSV), verdicts.csv
/// and criteria.csv.
/// Each file is replaced as a whole. `options` follow the names of experiments in the commands that the page tells.
void write_report(const std::vector<Section>& sections, const Setting& setting, const std::string& options,
                  const std::filesystem::path& folder);

}  // namespace study
