#pragma once

#include <string>
#include <vector>

namespace study {

/// Rows of text under headings. The first column names the rows.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Comma-separated with a heading; a cell that holds a comma, a quote or a line break is quoted (RFC 4180).
std::string to_csv(const Table& table);
/// An HTML table.
std::string to_html(const Table& table);
/// The text with &, <, > and " as HTML writes them.
std::string escape_html(const std::string& text);

}  // namespace study
