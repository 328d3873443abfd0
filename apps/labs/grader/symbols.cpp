#include "symbols.h"

#include "process.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

namespace lab {

namespace {

std::string demangled(const std::string& name) {
  int status = 0;
  char* const text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  const std::string result = status == 0 ? text : name;
  std::free(text);
  return result;
}

/// The names of the functions and variables that a library defines.
std::set<std::string> exported(const fs::path& library) {
  const Outcome outcome = run({"nm", "-D", "--defined-only", library.string()}, {}, {.output = 1 << 24});
  if (!outcome.good()) throw Error("nm does not run: " + outcome.output);
  std::set<std::string> names;
  for (const std::string& line : lines_of(outcome.output)) {
    std::istringstream words(line);
    std::string address, kind, name;
    if (words >> address >> kind >> name && std::string("TBDR").find(kind) != std::string::npos) names.insert(name);
  }
  return names;
}

/// "std::span<double const, 18446744073709551615ul>" and the like, as they are written.
std::string readable(std::string signature) {
  const auto replace = [&](const std::string& what, const std::string& with) {
    signature = std::regex_replace(signature, std::regex(what), with);
  };
  replace("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> ?>", "std::string");
  replace("std::span<double const, \\d+ul>", "std::span<const double>");
  replace("std::span<(\\w[\\w ]*), \\d+ul>", "std::span<$1>");
  replace("std::span<unsigned long const>", "std::span<const std::size_t>");
  replace("\\bunsigned long\\b", "std::size_t");
  replace(", std::allocator<[^<>]*> ?>", ">");
  replace("student::", "");
  return signature;
}

std::string name_of(const std::string& signature) { return signature.substr(0, signature.find('(')); }

}  // namespace

SymbolFaults compare_symbols(const Lab& lab, const fs::path& student, const fs::path& solution) {
  SymbolFaults faults;
  const std::set<std::string> have = exported(student);
  faults.own_main = have.contains("main");
  const std::string header = read_file(lab.header());
  for (const std::string& symbol : exported(solution)) {
    const std::string signature = demangled(symbol);
    if (have.contains(symbol) || signature.find("student::") != 0) continue;
    const std::string full = name_of(signature);
    const std::string name = full.substr(full.rfind("::") + 2);
    // Helpers of the solution are nobody's business.
    if (!std::regex_search(header, std::regex("\\b" + name + "\\b"))) continue;
    std::string instead;
    for (const std::string& other : have) {
      const std::string candidate = demangled(other);
      const std::string other_name = name_of(candidate);
      const bool outside = other_name == name;
      if (other_name == full || outside)
        instead = (outside ? "outside of namespace student: " : "") + readable(candidate);
    }
    faults.texts.push_back(instead.empty()
                               ? fmt::format("{} is missing; the header declares {}", name, readable(signature))
                               : fmt::format("the signature of {} was changed. Yours: {}. The header: {}", name,
                                             instead, readable(signature)));
  }
  return faults;
}

}  // namespace lab
