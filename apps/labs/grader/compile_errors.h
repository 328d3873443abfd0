#pragma once

#include <string>

namespace lab {

struct CompileError {
  std::string place;  ///< "batch_norm_backward.cpp:41"
  std::string text;
  std::string cause;  ///< the likely one, or empty
};

/// The first error in the messages of gcc or clang, shortened, at the line of the student's file.
CompileError first_error(const std::string& messages, const std::string& file);

}  // namespace lab
