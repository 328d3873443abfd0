#include "sanitizer_report.h"

#include "files.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace lab {

namespace {

/// "file.cpp:41" if the line names this line of the file.
std::string place_in(const std::string& line, const std::string& file) {
  const std::size_t at = line.find('/' + file + ':');
  if (at == std::string::npos) return "";
  const std::size_t digits = at + file.size() + 2;
  return file + ':' + line.substr(digits, line.find_first_not_of("0123456789", digits) - digits);
}

constexpr std::array<std::pair<const char*, const char*>, 14> words{{
    {"heap-buffer-overflow", "reads or writes past the end of an array"},
    {"stack-buffer-overflow", "reads or writes past the end of a local array"},
    {"global-buffer-overflow", "reads or writes past the end of a global array"},
    {"container-overflow", "reads or writes past the end of a vector"},
    {"heap-use-after-free", "uses memory that has been freed"},
    {"stack-use-after-return", "uses a local variable of a function that has returned"},
    {"stack-use-after-scope", "uses a local variable that is gone"},
    {"stack-overflow", "stack overflow: a recursion without end, or a very deep one"},
    {"double-free", "frees memory twice"},
    {"ABRT", "abort: an assertion or std::terminate"},
    {"SEGV", "uses an address that is not valid"},
    {"FPE", "division of a whole number by 0"},
    {"rss limit", "takes too much memory"},
    {"allocation-size-too-big", "asks for an impossible amount of memory"},
}};

}  // namespace

SanitizerReport read_sanitizer_report(const std::string& text, const std::string& file) {
  SanitizerReport report;
  bool first_error = true;
  for (const std::string& line : lines_of(text)) {
    const std::size_t undefined = line.find(": runtime error: ");
    if (undefined != std::string::npos && report.kind.empty()) {
      report.kind = report.detail = line.substr(undefined + 17);
      report.place = place_in(line, file);
    }
    for (const std::string mark : {"AddressSanitizer: ", "LeakSanitizer: "}) {
      const std::size_t at = line.find(mark);
      if (at == std::string::npos || line.starts_with("SUMMARY")) continue;
      if (line.find("ERROR") == std::string::npos && line.find("rss limit") == std::string::npos) continue;
      if (!report.kind.empty() && !report.leak) first_error = false;
      if (!first_error) continue;
      const std::string what = line.substr(at + mark.size());
      report.leak = what.starts_with("detected memory leaks");
      report.kind = report.leak ? "leak" : what.substr(0, what.find(' '));
      if (what.starts_with("attempting double-free")) report.kind = "double-free";
      report.detail = what;
      for (const auto& [kind, words_of_kind] : words) {
        if (what.find(kind) == std::string::npos) continue;
        report.kind = kind;
        report.detail = words_of_kind;
        break;
      }
    }
    if (report.leak && line.starts_with("SUMMARY")) {
      report.detail = "memory is not freed: " + line.substr(line.find(": ", 9) + 2);
    }
    if (!report.kind.empty() && report.place.empty() && line.find('#') != std::string::npos) {
      report.place = place_in(line, file);
    }
  }
  if (report.kind == "ABRT" && text.find(": Assertion '") != std::string::npos) {
    const std::size_t start = text.find(": Assertion '") + 2;
    const bool index = text.find("operator[]") != std::string::npos;
    report.detail = (index ? "an index past the end of a span or vector: " : "") +
                    text.substr(start, text.find('\n', start) - start);
  }
  return report;
}

}  // namespace lab
