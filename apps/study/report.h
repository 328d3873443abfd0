#pragma once

#include "experiment.h"

#include <filesystem>

namespace study {

/// An experiment that has run.
struct Section {
  Experiment experiment;
  Results results;
};

/// Writes into `folder`: index.html, one page without outside references; figures/, tables/ (CSV) and verdicts.csv.
/// Each file is replaced as a whole. `command` is how the study was called, without names.
void write_report(const std::vector<Section>& sections, const Setting& setting, const std::filesystem::path& folder);

}  // namespace study
