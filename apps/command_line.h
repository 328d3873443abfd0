#pragma once

#include <gradus/core/names.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

// The parts that the command lines of the programs share.

/// A check that an option is one of these names. The error text suggests the nearest name.
inline auto one_of(std::string_view kind, std::vector<std::string> names) {
  return [kind, names = std::move(names)](const std::string& text) {
    const bool known = std::ranges::find(names, text) != names.end();
    return known ? std::string() : gradus::unknown_name(kind, text, names);
  };
}

/// An option with one of these names, which the help text lists.
inline CLI::Option* add_name(CLI::App& app, const std::string& option, std::string& value, std::string_view kind,
                             const std::vector<std::string>& names) {
  return app.add_option(option, value, CLI::detail::join(names, ", "))
      ->check(one_of(kind, names))
      ->type_name("NAME")
      ->capture_default_str();
}

/// Parses the command line. Ends the program after --help and --version, and with code 2 after wrong arguments.
inline void parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
}
