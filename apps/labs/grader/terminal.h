#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lab {

/// How text is laid out: 40 to 80 columns, colours on a terminal only.
struct Terminal {
  std::size_t width = 80;
  bool colours = false;

  /// Of standard output.
  static Terminal of_output();

  std::string red(std::string_view text) const { return coloured("31", text); }
  std::string green(std::string_view text) const { return coloured("32", text); }
  std::string grey(std::string_view text) const { return coloured("2", text); }
  std::string bold(std::string_view text) const { return coloured("1", text); }

  /// The text in lines, the first one without, the others with an indent. Escape sequences take no room.
  std::string wrapped(const std::string& text, std::size_t indent) const;

 private:
  std::string coloured(const char* code, std::string_view text) const;
};

/// The columns that a text takes.
std::size_t columns_of(std::string_view text);

/// The text, or as much of it as fits before "...".
std::string shortened(const std::string& text, std::size_t columns);

}  // namespace lab
