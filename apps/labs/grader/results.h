#pragma once

#include "grading.h"

#include <optional>

namespace lab {

/// What a results file holds besides the points.
struct ResultsExtra {
  Json state;                         ///< of the student's folder: hints, times, names
  std::optional<double> last_score;   ///< of the submission before
  std::optional<double> speed_ratio;  ///< own time / reference, for the leaderboard
  bool hidden = false;                ///< the seeds are not those that students have
};

/// results.json of Gradescope's autograder: one test for each task.
Json gradescope(const std::vector<LabResult>& results, const ResultsExtra& extra);

/// results.json of Exercism's test runners, version 3: one test for each case.
Json exercism(const std::vector<LabResult>& results);

/// The score of the last submission in submission_metadata.json.
std::optional<double> last_score(const fs::path& metadata);

}  // namespace lab
