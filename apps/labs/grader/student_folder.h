#pragma once

#include "course.h"

namespace lab {

/// A student's folder: a folder for each lab with the file to write, and .lab/state.json with what the grader keeps.
class StudentFolder {
 public:
  explicit StudentFolder(fs::path path);

  const fs::path& path() const { return path_; }
  /// In the lab's folder, or in none, as submissions have it.
  fs::path file(const Lab& lab) const;
  fs::path folder(const Lab& lab) const { return path_ / lab.folder.filename(); }

  Json state() const;
  void keep(const Json& state) const;

  /// Copies the starters that are not there yet. Returns the labs that were copied.
  std::vector<const Lab*> start(const Course& course) const;

  /// Where `start` has been, or the default.
  static fs::path remembered();
  static void remember(const fs::path& path);

 private:
  fs::path path_;
};

}  // namespace lab
