#include "handout.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <vector>

namespace lab {

namespace {

enum class Kind { heading, text, item, code, table, blank, image };

struct Block {
  Kind kind;
  std::vector<std::string> lines;
};

Kind kind_of(const std::string& line) {
  static const std::regex item("^\\s*([-*]|[0-9]+\\.) .*");
  if (trimmed(line).empty()) return Kind::blank;
  if (line.starts_with("#")) return Kind::heading;
  if (line.starts_with("|")) return Kind::table;
  if (line.starts_with("![")) return Kind::image;
  if (std::regex_match(line, item)) return Kind::item;
  if (line.starts_with("    ")) return Kind::code;
  return Kind::text;
}

std::vector<Block> blocks_of(const std::string& markdown) {
  std::vector<Block> blocks;
  bool fenced = false;
  for (const std::string& line : lines_of(markdown)) {
    if (line.starts_with("```")) {
      fenced = !fenced;
      if (fenced) blocks.push_back({Kind::code, {}});
      continue;
    }
    if (fenced) {
      blocks.back().lines.push_back(line);
      continue;
    }
    Kind kind = kind_of(line);
    Block* last = blocks.empty() ? nullptr : &blocks.back();
    const bool continues = last != nullptr && (last->kind == Kind::item || last->kind == Kind::text);
    // Indented lines go on with an item, and an item may stand in the middle of a paragraph only as text.
    if (continues && last->kind == Kind::item && kind == Kind::code) kind = Kind::text;
    if (kind == Kind::text && continues) {
      last->lines.push_back(trimmed(line));
    } else if (last != nullptr && kind == last->kind && (kind == Kind::code || kind == Kind::table)) {
      last->lines.push_back(line);
    } else if (last != nullptr && kind == Kind::blank && last->kind == Kind::blank) {
      continue;
    } else {
      blocks.push_back({kind, {line}});
    }
  }
  return blocks;
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::string cell;
  bool code = false;
  for (const char c : trimmed(row).substr(1)) {
    if (c == '`') code = !code;
    if (c == '|' && !code) {
      cells.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell += c;
    }
  }
  return cells;
}

bool is_rule(const std::string& row) { return row.find_first_not_of("|-: ") == std::string::npos; }

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else {
      result += c;
    }
  }
  return result;
}

/// Code, emphasis and links of a paragraph, by these replacements.
std::string inline_marks(std::string text, const std::string& code, const std::string& strong,
                         const std::string& link) {
  text = std::regex_replace(text, std::regex("`([^`]+)`"), code);
  text = std::regex_replace(text, std::regex("\\*\\*([^*]+)\\*\\*"), strong);
  return std::regex_replace(text, std::regex("\\[([^\\]]+)\\]\\(([^)]+)\\)"), link);
}

std::string plain(const std::string& text) { return inline_marks(text, "$1", "$1", "$1 ($2)"); }
std::string html(const std::string& text) {
  return inline_marks(escaped(text), "<code>$1</code>", "<strong>$1</strong>", "<a href=\"$2\">$1</a>");
}

bool is_boxed(const Block& block) {
  return std::all_of(block.lines.begin(), block.lines.end(), [](const std::string& line) {
    const std::string text = trimmed(line);
    return text.size() > 1 && (text[0] == '+' || text[0] == '|') && text.back() == text[0];
  });
}

/// A box with a title, drawn as wide as the terminal.
std::string box_in_terminal(const Block& block, const Terminal& terminal) {
  const Terminal inside{terminal.width - 4, false};
  const auto ruler = [&](const std::string& title) { return fmt::format("+{:-^{}}+\n", title, terminal.width - 2); };
  const std::string first = trimmed(block.lines.front());
  const std::size_t title = first.find_first_not_of("+-");
  const std::size_t end = first.find_last_not_of("+-");
  std::string text = ruler(title == std::string::npos ? "" : first.substr(title, end + 1 - title));
  for (const std::string& line : block.lines) {
    const std::string content = trimmed(line);
    if (content[0] == '+') continue;
    const std::size_t indent = content.find_first_not_of(' ', 1) - 2;
    const std::string part = trimmed(content.substr(1, content.size() - 2));
    for (const std::string& row : lines_of(std::string(indent, ' ') + inside.wrapped(part, indent + 2))) {
      text += fmt::format("| {:<{}} |\n", row, inside.width);
    }
  }
  return text + ruler("");
}

/// A line of code in as many as it takes, broken at gaps if there are any.
std::string narrowed(const std::string& line, std::size_t width) {
  const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
  if (columns_of(line) <= width || start + 8 > width) return line;
  std::size_t at = line.rfind("  ", width);
  if (at == std::string::npos || at <= start) at = line.rfind(' ', width);
  if (at == std::string::npos || at <= start) return line;
  const std::size_t head = line.find_last_not_of(' ', at) + 1;
  return line.substr(0, head) + '\n' + narrowed(std::string(start + 2, ' ') + trimmed(line.substr(at)), width);
}

std::string code_in_terminal(const Block& block, const Terminal& terminal) {
  if (is_boxed(block)) return box_in_terminal(block, terminal);
  std::string text;
  for (const std::string& line : block.lines) text += narrowed(line, terminal.width) + '\n';
  return text;
}

std::string table_in_terminal(const Block& block, const Terminal& terminal) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> widths;
  for (const std::string& line : block.lines) {
    if (is_rule(line)) continue;
    rows.push_back(cells_of(plain(line)));
    widths.resize(std::max(widths.size(), rows.back().size()));
    for (std::size_t c = 0; c < rows.back().size(); ++c) {
      widths[c] = std::max(widths[c], columns_of(rows.back()[c]));
    }
  }
  std::size_t total = 0;
  for (const std::size_t width : widths) total += width + 2;
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (total > terminal.width) {  // too wide: one cell a line
        line +=
            std::string(c == 0 ? 0 : 4, ' ') + terminal.wrapped(rows[r][c], 4) + (c + 1 < rows[r].size() ? "\n" : "");
      } else {
        line += rows[r][c];
        if (c + 1 < rows[r].size()) line += std::string(widths[c] + 2 - columns_of(rows[r][c]), ' ');
      }
    }
    text += (r == 0 ? terminal.bold(line) : line) + '\n';
  }
  return text;
}

std::string table_on_page(const Block& block) {
  std::string text = "<table>\n";
  for (std::size_t r = 0; r < block.lines.size(); ++r) {
    if (is_rule(block.lines[r])) continue;
    text += "<tr>";
    for (const std::string& cell : cells_of(block.lines[r])) {
      text += fmt::format("<{0}>{1}</{0}>", r == 0 ? "th" : "td", html(cell));
    }
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

}  // namespace

std::string handout_for(const std::string& markdown, const Terminal& terminal) {
  std::string text;
  for (const Block& block : blocks_of(markdown)) {
    switch (block.kind) {
      case Kind::heading: {
        const std::string title = block.lines[0].substr(block.lines[0].find_first_not_of("# "));
        text += terminal.bold(terminal.wrapped(plain(title), 0)) + '\n';
        break;
      }
      case Kind::text:
        text += terminal.wrapped(plain(joined(block.lines, " ")), 0) + '\n';
        break;
      case Kind::item: {
        const std::string item = joined(block.lines, " ");
        const std::size_t start = item.find(' ', item.find_first_not_of(' ')) + 1;  // behind the mark
        text += item.substr(0, start) + terminal.wrapped(plain(item.substr(start)), start) + '\n';
        break;
      }
      case Kind::code:
        text += code_in_terminal(block, terminal);
        break;
      case Kind::table:
        text += table_in_terminal(block, terminal);
        break;
      case Kind::image:
        text += plain(block.lines[0].substr(1)) + '\n';
        break;
      case Kind::blank:
        text += '\n';
        break;
    }
  }
  return text;
}

std::string handout_page(const std::string& markdown, const Lab& lab) {
  std::string body;
  std::string list;  // the tag of the open list
  const auto close_list = [&] {
    if (!list.empty()) body += "</" + list + ">\n";
    list.clear();
  };
  for (const Block& block : blocks_of(markdown)) {
    if (block.kind != Kind::item && block.kind != Kind::blank) close_list();
    switch (block.kind) {
      case Kind::heading: {
        const std::size_t level = block.lines[0].find_first_not_of('#');
        body += fmt::format("<h{0}>{1}</h{0}>\n", level, html(trimmed(block.lines[0].substr(level))));
        break;
      }
      case Kind::text:
        body += "<p>" + html(joined(block.lines, " ")) + "</p>\n";
        break;
      case Kind::item: {
        const std::string item = trimmed(joined(block.lines, " "));
        const std::string wanted = item[0] == '-' || item[0] == '*' ? "ul" : "ol";
        if (list != wanted) {
          close_list();
          body += "<" + wanted + ">\n";
          list = wanted;
        }
        body += "<li>" + html(item.substr(item.find(' ') + 1)) + "</li>\n";
        break;
      }
      case Kind::code: {
        std::string code;
        for (const std::string& line : block.lines) {
          code += escaped(line.starts_with("    ") ? line.substr(4) : line) + '\n';
        }
        body += "<pre>" + code + "</pre>\n";
        break;
      }
      case Kind::table:
        body += table_on_page(block);
        break;
      case Kind::image: {
        static const std::regex image("!\\[([^\\]]*)\\]\\(([^)]+)\\)");
        std::smatch match;
        if (std::regex_search(block.lines[0], match, image) && fs::exists(lab.folder / match[2].str())) {
          body += match[2].str().ends_with(".svg")
                      ? "<div>" + read_file(lab.folder / match[2].str()) + "</div>\n"
                      : fmt::format("<img src=\"{}\" alt=\"{}\">\n", (lab.folder / match[2].str()).string(),
                                    escaped(match[1]));
        }
        break;
      }
      case Kind::blank:
        break;
    }
  }
  close_list();
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Lab {}: {}</title>\n<style>\n"
      "body {{ max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222; "
      "background: #fff; }}\n"
      "pre {{ background: #f4f4f4; padding: .7em; overflow-x: auto; }}\ncode, pre {{ font-size: 14px; }}\n"
      "table {{ border-collapse: collapse; }}\nth, td {{ border: 1px solid #bbb; padding: .2em .6em; "
      "text-align: left; }}\n</style></head>\n<body>\n{}</body></html>\n",
      lab.number, escaped(lab.title), body);
}

}  // namespace lab
