#pragma once

#include "grading.h"
#include "student_folder.h"
#include "terminal.h"
#include "workshop.h"

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

/// "8". Throws Error, naming the text, for anything else.
int number_of(const std::string& text);

/// "8" or "all".
std::vector<const Lab*> chosen(const Course& course, const std::string& text);

/// The seeds of a hidden run, from a file: a number, or an object with the seeds of some cases.
GradeOptions with_seeds(const std::string& file);

/// Grades a lab of the student's folder, with the student's own earlier labs as far as they are right, and notes the
/// score in the folder.
LabResult grade_student(Context& context, const Lab& lab, const GradeOptions& options);

// The commands for students. Each returns the exit code of the program.
int list(Context& context);
int show(Context& context, const Lab& lab, bool open);
int start(Context& context, const std::string& folder);
int watch(Context& context, const Lab& lab);
int hint(Context& context, const std::string& task);
int picture(Context& context, const Lab& lab);
struct GradeRequest {
  std::vector<const Lab*> labs;
  std::string seeds;    ///< file of the hidden run
  std::string results;  ///< file to write
  std::string format = "gradescope";
  std::string metadata;  ///< submission_metadata.json
};
int grade_labs(Context& context, const GradeRequest& request);

}  // namespace lab
