#pragma once

#include <string>
#include <vector>

namespace study {

/// A table of text with column headings. The first column holds row headings.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// CSV with a header line; cells with a comma, a quote or a line break are quoted (RFC 4180).
std::string to_csv(const Table& table);
/// An HTML table.
std::string to_html(const Table& table);
/// Escapes &, <, > and " for HTML.
std::string escape_html(const std::string& text);

}  // namespace study
