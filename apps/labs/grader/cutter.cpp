#include "cutter.h"

#include <fmt/format.h>

#include <regex>

namespace lab {

namespace {

/// A function of one statement on one line where it fits, as clang-format has it.
std::string with_short_functions(const std::string& text) {
  constexpr std::size_t widest = 120;
  const std::vector<std::string> lines = lines_of(text);
  std::string result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i + 2 < lines.size() && lines[i].ends_with(") {") && !lines[i].starts_with(" ") && lines[i + 2] == "}" &&
        lines[i + 1].starts_with("  throw NotImplemented(")) {
      const std::string joint = lines[i] + ' ' + trimmed(lines[i + 1]) + " }";
      if (joint.size() <= widest) {
        result += joint + '\n';
        i += 2;
        continue;
      }
    }
    result += lines[i] + '\n';
  }
  return result;
}

}  // namespace

std::string cut(const Lab& lab, const std::string& solution) {
  static const std::regex task_line("^\\s*// Task ([0-9]+\\.[0-9]+)");
  static const std::regex call("([A-Za-z_~][A-Za-z0-9_:~]*)\\s*\\(");
  std::string starter;
  std::string task;
  std::string opening;  // the lines since the last one outside of a signature
  bool inside = false;
  std::size_t number = 0;
  const auto fail = [&](const std::string& text) {
    throw Error(fmt::format("{}:{}: {}", lab.solution().string(), number, text));
  };
  for (const std::string& line : lines_of(solution)) {
    ++number;
    const std::string text = trimmed(line);
    if (text == "// BEGIN SOLUTION") {
      if (inside) fail("BEGIN SOLUTION within a solution");
      std::smatch name;
      if (task.empty() || !std::regex_search(opening, name, call)) fail("no '// Task' or no function above");
      starter += fmt::format("{}throw NotImplemented(\"lab {}, task {}: {}\");\n",
                             line.substr(0, line.find_first_not_of(' ')), lab.number, task, name[1].str());
      inside = true;
    } else if (text == "// END SOLUTION") {
      if (!inside) fail("END SOLUTION without its beginning");
      inside = false;
      opening.clear();
    } else if (!inside) {
      std::smatch found;
      if (std::regex_search(line, found, task_line)) task = found[1];
      const bool signature = !text.empty() && !text.starts_with("//") && !text.starts_with("#");
      opening = signature ? opening + line + '\n' : "";
      starter += line + '\n';
    }
  }
  if (inside) fail("END SOLUTION is missing");
  return with_short_functions(starter);
}

}  // namespace lab
