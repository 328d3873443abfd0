#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace lab {

Terminal Terminal::of_output() {
  Terminal terminal;
  winsize size{};
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr && std::atoi(columns) > 0) {
    terminal.width = static_cast<std::size_t>(std::atoi(columns));
  } else if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  }
  terminal.width = std::clamp<std::size_t>(terminal.width, 40, 80);
  terminal.colours = is_terminal && std::getenv("NO_COLOR") == nullptr;
  return terminal;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {  // not the middle of a UTF-8 sequence
      ++columns;
    }
  }
  return columns;
}

std::string shortened(const std::string& text, std::size_t columns) {
  return columns_of(text) <= columns ? text : text.substr(0, columns - std::min<std::size_t>(columns, 3)) + "...";
}

std::string Terminal::wrapped(const std::string& text, std::size_t indent) const {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!result.empty()) result += '\n' + std::string(indent, ' ');
    std::size_t used = indent;
    std::istringstream words(line);
    bool first = true;
    for (std::string word; words >> word; first = false) {
      const std::size_t length = columns_of(word);
      if (!first && used + 1 + length > width) {
        result += '\n' + std::string(indent, ' ');
        used = indent;
      } else if (!first) {
        result += ' ';
        ++used;
      }
      result += word;
      used += length;
    }
  }
  return result;
}

std::string Terminal::coloured(const char* code, std::string_view text) const {
  return colours ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

}  // namespace lab
