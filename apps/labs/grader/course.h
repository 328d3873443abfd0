#pragma once

#include "files.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace lab {

using Json = nlohmann::ordered_json;

struct Task {
  std::string id;
  std::string title;
  int points = 0;
  std::string read;
  std::vector<std::string> hints;
  std::vector<std::string> needs;  ///< tasks of this lab whose functions its cases call
};

struct Edit {
  std::string replace;
  std::string with;
};

/// A known wrong version of the solution.
struct Mistake {
  std::string name;
  std::string task;
  std::string text;
  std::string read;
  bool convention = false;
  std::vector<Edit> edits;
};

struct Lab {
  int number = 0;
  std::string title;
  std::string file;
  std::string hours;
  std::vector<int> needs;
  std::vector<std::string> claims;
  std::vector<Task> tasks;
  std::vector<Mistake> mistakes;
  double timeout = 10;  ///< of a case, in seconds
  fs::path folder;

  /// "lab_08", the name of its shared library.
  std::string library() const;
  fs::path solution() const { return folder / (file + ".cpp"); }
  fs::path header() const { return folder / (file + ".h"); }
  int points() const;
  const Task& task(const std::string& id) const;
};

/// All labs, by number.
class Course {
 public:
  explicit Course(const fs::path& folder);
  const fs::path& folder() const { return folder_; }
  const std::vector<Lab>& labs() const { return labs_; }
  const Lab& lab(int number) const;
  /// The labs that this one needs, those that these need included, in order.
  std::vector<const Lab*> needed(const Lab& lab) const;
  /// The headers of these, then that of the lab.
  std::vector<fs::path> headers(const Lab& lab) const;

 private:
  fs::path folder_;
  std::vector<Lab> labs_;
};

/// The text with all edits applied. Throws if one of them is not found exactly once.
std::string edited(std::string text, const std::vector<Edit>& edits);

}  // namespace lab
