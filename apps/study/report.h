#pragma once

#include "experiment.h"

#include <filesystem>

namespace study {

/// A finished experiment.
struct Section {
  Experiment experiment;
  Results results;
};

/// Writes into `folder`: index.html, a self-contained page, and figures/, tables/ (CSV), verdicts.csv and criteria.csv.
/// Replaces each file atomically. `options` are the command-line options in the commands that the page shows.
void write_report(const std::vector<Section>& sections, const Setting& setting, const std::string& options,
                  const std::filesystem::path& folder);

}  // namespace study
