#include "batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace lab {

namespace {

constexpr std::string_view name_in_labs = "student";

/// Of one version.
std::string namespace_of(std::size_t version) { return fmt::format("v{:06}", version); }

/// Whether a line includes one of these headers.
bool includes(const std::string& line, const std::vector<fs::path>& headers) {
  return std::ranges::any_of(headers, [&](const fs::path& header) {
    return line == fmt::format("#include \"{}\"", header.filename().string());
  });
}

/// The text with empty lines in place of those that include one of these headers.
std::string without(const std::vector<fs::path>& headers, const std::string& text) {
  std::string result;
  for (const std::string& line : lines_of(text)) {
    if (line != "#pragma once" && !includes(line, headers)) result += line;
    result += '\n';
  }
  return result;
}

}  // namespace

std::string batch_of(const Course& course, const Lab& lab, const std::vector<std::string>& versions) {
  const std::vector<fs::path> headers = course.headers(lab);
  // The headers of labs declare the functions and types of each version anew, what else is included is for all.
  std::string all;
  std::string declared;
  for (const fs::path& header : headers) {
    const std::string text = read_file(header);
    all += text;
    declared += fmt::format("#line 1 \"{}\"\n{}", header.filename().string(), without(headers, text));
  }
  all += read_file(lab.solution());
  std::string text;
  for (const std::string& line : lines_of(all)) {
    if (line.starts_with("#include") && !includes(line, headers)) text += line + '\n';
  }
  text += fmt::format("namespace {} {{}}\n", name_in_labs);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::string name = namespace_of(i);
    text +=
        fmt::format("namespace {} {{ using namespace {}; }}\n#define {} {}\n", name, name_in_labs, name_in_labs, name);
    text += declared;
    text += fmt::format("#line 1 \"{}/{}.cpp\"\n{}\n", name, lab.file, without(headers, versions[i]));
    text += fmt::format("#undef {}\n", name_in_labs);
  }
  return text;
}

std::vector<std::string> messages_of_batch(const std::string& output, std::size_t versions) {
  std::vector<std::string> messages(versions);
  const std::vector<std::string> lines = lines_of(output);
  for (std::size_t i = 0; i < versions; ++i) {
    const std::string place = namespace_of(i) + '/';
    for (const std::string& line : lines) {
      if (line.starts_with(place)) messages[i] += line.substr(place.size()) + '\n';
    }
  }
  return messages;
}

std::string object_with(std::string object, std::size_t version) {
  const std::string name = namespace_of(version);
  for (std::size_t at = object.find(name); at != std::string::npos; at = object.find(name, at + name.size())) {
    object.replace(at, name.size(), name_in_labs);
  }
  return object;
}

}  // namespace lab
