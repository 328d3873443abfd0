#pragma once

#include <string>

namespace lab {

struct SanitizerReport {
  bool leak = false;
  std::string kind;    ///< "stack-overflow"
  std::string detail;  ///< in words
  std::string place;   ///< the first frame in the file: "batch_norm_backward.cpp:41"
};

/// Of the first error in a report of the address or the undefined-behaviour sanitizer.
SanitizerReport read_sanitizer_report(const std::string& text, const std::string& file);

}  // namespace lab
