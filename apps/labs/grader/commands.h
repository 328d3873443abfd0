#pragma once

#include "grading.h"
#include "student_folder.h"
#include "terminal.h"
#include "workshop.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lab {

/// What all commands work with.
struct Context {
  Course course;
  Workshop workshop;
  StudentFolder student;
  Terminal terminal;

  explicit Context(const std::string& folder);
};

/// "8" or "all".
std::vector<const Lab*> chosen(const Course& course, const std::string& text);

/// "8.3"
const Lab& lab_of_task(const Course& course, const std::string& task);

/// Grades a lab of the student's folder, with the student's own earlier labs as far as they are right, and notes the
/// score in the folder.
LabResult grade_student(Context& context, const Lab& lab, const GradeOptions& options);

// Each returns the exit code of the program.
int list(Context& context);
int show(Context& context, const Lab& lab, bool open);
int start(Context& context, const std::string& folder);
int watch(Context& context, const Lab& lab, const std::function<void(const LabResult&)>& graded);
int hint(Context& context, const std::string& task);
int picture(Context& context, const Lab& lab);
/// The time of the student's code, of all tasks, as a ratio to that of the reference. Nothing if it does not run.
std::optional<double> speed_ratio(Context& context, const Lab& lab);
int compare(Context& context, const std::vector<const Lab*>& labs);
struct GradeRequest {
  std::vector<const Lab*> labs;
  std::string seeds;    ///< file of the hidden run
  std::string results;  ///< file to write
  std::string format = "gradescope";
  std::string metadata;  ///< submission_metadata.json
};
int grade_labs(Context& context, const GradeRequest& request);
int show_class(const std::vector<std::string>& files, const std::string& page);
int prepare(Context& context, const std::vector<const Lab*>& labs);
int check_labs(Context& context, const std::vector<const Lab*>& labs, const std::string& part, bool keep);
int cut_starters(const Course& course, bool check);

}  // namespace lab
