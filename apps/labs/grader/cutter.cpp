#include "cutter.h"

#include <fmt/format.h>

#include <regex>

namespace lab {

std::string cut(const Lab& lab, const std::string& solution) {
  static const std::regex task_line("^\\s*// Task ([0-9]+\\.[0-9]+)");
  static const std::regex call("([A-Za-z_~][A-Za-z0-9_:~]*)\\s*\\(");
  std::string starter;
  std::string task;
  std::string opening;  // the lines since the last one that is no part of a signature
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
  return starter;
}

}  // namespace lab
