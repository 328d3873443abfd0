#pragma once

#include <gradus/core/names.h>
#include <gradus/core/printable.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
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

/// A check that an option is a whole number of the type T, at least `min`: digits only, as CLI11 turns -1 into 2^64
/// - 1.
template <class T>
auto whole_number(T min) {
  return [min](const std::string& text) {
    T value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool valid = stop == end && error == std::errc() && value >= min;
    return valid ? std::string()
                 : fmt::format("expected a whole number from {} to {}, got '{}'", min, std::numeric_limits<T>::max(),
                               text);
  };
}

/// An option with the units of layers, separated by commas, each at least 1.
inline CLI::Option* add_units(CLI::App& app, const std::string& option, std::vector<gradus::Index>& value,
                              const std::string& help) {
  const auto read = [&value, option](const std::string& text) {
    std::vector<gradus::Index> units;
    for (const std::string& part : CLI::detail::split(text + ",", ',')) {  // which drops what follows the last comma
      const std::string fault = whole_number<gradus::Index>(1)(part);
      if (!fault.empty()) throw CLI::ValidationError(option, fault + " in '" + text + "'");
      units.push_back(std::stoll(part));
    }
    value = units;
  };
  return app.add_option_function<std::string>(option, read, help)
      ->type_name("N,N,...")
      ->default_str(CLI::detail::join(value, ","));
}

/// The first argument that no option or subcommand takes, with the nearest option.
inline std::string unexpected(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  std::vector<std::string> extra = app.remaining(true);
  std::vector<const CLI::App*> parts{&app};
  for (const CLI::App* part : app.get_subcommands()) parts.push_back(part);
  for (const CLI::App* part : parts) {
    for (const CLI::Option* option : part->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  // In the order of the command line, which CLI11 does not keep.
  const auto first = std::find_if(
      argv + 1, argv + argc, [&](const char* argument) { return std::ranges::find(extra, argument) != extra.end(); });
  const std::string argument = first != argv + argc ? *first : extra.empty() ? "" : extra.front();
  if (!argument.starts_with("--")) return fmt::format("unexpected argument '{}'", argument);
  const std::string text = gradus::unknown_name("option", argument.substr(0, argument.find('=')), known);
  return text.substr(0, text.find(" (known: "));  // --help lists them
}

/// Parses the command line. Ends the program after --help and --version, and with code 2 after wrong arguments.
inline void parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    fmt::print(stderr, "{}\nRun with --help for more information.\n", unexpected(app, argc, argv));
    std::exit(2);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
}

/// Ends the program with code 2 and a text that starts with the name of the option, if that is given and the condition
/// does not hold.
template <class... Args>
void require(const CLI::Option* option, bool condition, fmt::format_string<Args...> text, Args&&... args) {
  if (option->count() == 0 || condition) return;
  fmt::print(stderr, "{} {}\nRun with --help for more information.\n", option->get_name(),
             fmt::vformat(text, fmt::make_format_args(args...)));
  std::exit(2);
}

/// Ends the program likewise if the option is given together with another, which it makes meaningless. Unlike
/// `excludes` of CLI11, it does not lengthen the help text.
inline void exclude(const CLI::Option* option, const std::vector<CLI::Option*>& others) {
  if (option->count() == 0) return;
  for (const CLI::Option* other : others) require(other, false, "excludes {}", option->get_name());
}

/// The exit code that `body` returns, or 1 after an exception, whose text is printed behind the program's name.
template <class Body>
int run_program(std::string_view name, Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    std::fflush(stdout);  // what was printed before comes first
    fmt::print(stderr, "{}: {}\n", name, gradus::escaped(error.what()));
    return 1;
  }
}
