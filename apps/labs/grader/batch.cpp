#include "batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

namespace lab {

namespace {

constexpr std::string_view name_in_labs = "student";

/// Of one version.
std::string namespace_of(std::size_t version) { return fmt::format("v{:06}", version); }

/// The header that a line includes, if it is one of a lab.
std::optional<fs::path> included(const Lab& lab, const std::string& line) {
  constexpr std::string_view start = "#include \"";
  if (!line.starts_with(start)) return std::nullopt;
  const std::string name = line.substr(start.size(), line.rfind('"') - start.size());
  for (const fs::directory_entry& folder : fs::directory_iterator(lab.folder.parent_path())) {
    const bool of_a_lab = std::isdigit(static_cast<unsigned char>(folder.path().filename().string().front())) != 0;
    if (of_a_lab && fs::exists(folder.path() / name)) return folder.path() / name;
  }
  return std::nullopt;
}

/// Adds the headers of labs that a file includes, each behind those that it needs.
void add_headers(const Lab& lab, const fs::path& file, std::vector<fs::path>& headers) {
  for (const std::string& line : lines_of(read_file(file))) {
    const std::optional<fs::path> header = included(lab, line);
    if (!header || std::ranges::find(headers, *header) != headers.end()) continue;
    add_headers(lab, *header, headers);
    headers.push_back(*header);
  }
}

/// The text with empty lines in place of those that include a header of a lab.
std::string without_labs(const Lab& lab, const std::string& text) {
  std::string result;
  for (const std::string& line : lines_of(text)) {
    if (line != "#pragma once" && !included(lab, line)) result += line;
    result += '\n';
  }
  return result;
}

}  // namespace

std::string batch_of(const Lab& lab, const std::vector<std::string>& versions) {
  std::vector<fs::path> headers;
  add_headers(lab, lab.solution(), headers);
  // What all versions include. The headers of labs declare the functions and types of each version anew.
  std::string text;
  std::vector<fs::path> files = headers;
  files.push_back(lab.solution());
  for (const fs::path& file : files) {
    for (const std::string& line : lines_of(read_file(file))) {
      if (line.starts_with("#include") && !included(lab, line)) text += line + '\n';
    }
  }
  std::string declared;
  for (const fs::path& header : headers) {
    declared += fmt::format("#line 1 \"{}\"\n{}", header.filename().string(), without_labs(lab, read_file(header)));
  }
  text += fmt::format("namespace {} {{}}\n", name_in_labs);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::string name = namespace_of(i);
    text +=
        fmt::format("namespace {} {{ using namespace {}; }}\n#define {} {}\n", name, name_in_labs, name_in_labs, name);
    text += declared;
    text += fmt::format("#line 1 \"{}/{}.cpp\"\n{}\n", name, lab.file, without_labs(lab, versions[i]));
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
