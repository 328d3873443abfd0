#include "batch.h"

#include <fmt/format.h>

#include <string_view>

namespace lab {

namespace {

constexpr std::string_view name_in_labs = "student";

/// Of one version.
std::string namespace_of(std::size_t version) { return fmt::format("v{:06}", version); }

std::string include_of_header(const Lab& lab) { return fmt::format("#include \"{}.h\"", lab.file); }

/// The text without its first line that is this one.
std::string without(std::string text, const std::string& line) {
  const std::size_t at = text.find(line);
  return at == std::string::npos ? text : text.erase(at, line.size());
}

/// What all versions include: everything but the header of the lab, which declares the functions of each version anew.
std::string shared_includes(const Lab& lab) {
  std::string text;
  for (const fs::path& file : {lab.header(), lab.solution()}) {
    for (const std::string& line : lines_of(without(read_file(file), include_of_header(lab)))) {
      if (line.starts_with("#include")) text += line + '\n';
    }
  }
  return text;
}

}  // namespace

std::string batch_of(const Lab& lab, const std::vector<std::string>& versions) {
  const std::string header = without(read_file(lab.header()), "#pragma once");
  std::string text = shared_includes(lab);
  text += fmt::format("namespace {} {{}}\n", name_in_labs);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::string name = namespace_of(i);
    // The labs that this one needs stay where they are.
    text +=
        fmt::format("namespace {} {{ using namespace {}; }}\n#define {} {}\n", name, name_in_labs, name_in_labs, name);
    text += fmt::format("#line 1 \"{}.h\"\n{}\n", lab.file, header);
    text += fmt::format("#line 1 \"{}/{}.cpp\"\n{}\n", name, lab.file, without(versions[i], include_of_header(lab)));
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
