#include "slip.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace lab {

namespace {

struct Token {
  std::size_t at;
  std::string text;
};

/// Names, numbers and operators, without strings and comments.
std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t i = 0; i < text.size();) {
    if (text.compare(i, 2, "//") == 0) break;
    if (text[i] == '"') {
      const std::size_t end = text.find('"', i + 1);
      if (end == std::string::npos) break;
      i = end + 1;
    } else if (is_word(text[i])) {
      std::size_t end = i + 1;
      const bool number = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
      while (end < text.size() && (is_word(text[end]) || (number && text[end] == '.') ||
                                   (number && text[end] == '-' && text[end - 1] == 'e'))) {
        ++end;
      }
      tokens.push_back({i, text.substr(i, end - i)});
      i = end;
    } else if (text[i] == ' ') {
      ++i;
    } else {
      std::size_t end = i + 1;
      while (end < text.size() && std::string("+-*/<>=!&|").find(text[end]) != std::string::npos) ++end;
      tokens.push_back({i, text.substr(i, end - i)});
      i = end;
    }
  }
  return tokens;
}

std::vector<std::string> replacements(const std::string& line, const Token& token) {
  static const std::map<std::string, std::vector<std::string>> operators{
      {"+", {"-"}},   {"-", {"+"}},   {"*", {"/"}},   {"/", {"*"}},  {"+=", {"-=", "="}}, {"-=", {"+="}},
      {"*=", {"/="}}, {"/=", {"*="}}, {"<", {"<="}},  {"<=", {"<"}}, {">", {">=", "<"}},  {">=", {">"}},
      {"==", {"!="}}, {"!=", {"=="}}, {"&&", {"||"}}, {"||", {"&&"}}};
  static const std::map<std::string, std::vector<std::string>> names{
      {"N", {"F"}},          {"F", {"N"}},          {"i", {"j"}},      {"j", {"i"}},     {"k", {"j"}},
      {"rows", {"columns"}}, {"columns", {"rows"}}, {"min", {"max"}},  {"max", {"min"}}, {"true", {"false"}},
      {"false", {"true"}},   {"exp", {"log"}},      {"sqrt", {"cbrt"}}};
  if (std::isdigit(static_cast<unsigned char>(token.text[0])) != 0) {
    char* end = nullptr;
    const double value = std::strtod(token.text.c_str(), &end);
    if (*end != '\0') return {};
    if (token.text.find_first_of(".e") == std::string::npos) {
      std::vector<std::string> list{fmt::format("{}", value + 1)};
      if (value >= 1) list.push_back(fmt::format("{}", value - 1));
      return list;
    }
    return value == 0 ? std::vector<std::string>{"1.0"}
                      : std::vector<std::string>{fmt::format("{}", 2 * value + 0.25), fmt::format("{}", value / 4)};
  }
  if (const auto found = names.find(token.text); found != names.end()) return found->second;
  if (const auto found = operators.find(token.text); found != operators.end()) {
    // Binary operators have a space on both sides; others are brackets, signs and pointers.
    const std::size_t end = token.at + token.text.size();
    const bool binary = token.at > 0 && line[token.at - 1] == ' ' && end < line.size() && line[end] == ' ';
    if (binary) return found->second;
    if (token.text == "-" && end < line.size() && line[end] != ' ') return {"+"};
  }
  return {};
}

constexpr std::string_view task_mark = "// Task ";

/// "8.3" of "// Task 8.3. What follows".
std::string task_in(const std::string& comment) {
  const std::string id = comment.substr(task_mark.size());
  const std::size_t end = id.find_first_not_of("0123456789.");
  const std::string digits = id.substr(0, end);
  return digits.ends_with('.') ? digits.substr(0, digits.size() - 1) : digits;
}

std::string kind_of(const std::string& token) {
  if (std::isdigit(static_cast<unsigned char>(token[0])) != 0) return "constant";
  if (token == "+" || token == "-") return "sign";
  if (std::string("+-*/").find(token[0]) != std::string::npos) return "operator";
  if (std::ispunct(static_cast<unsigned char>(token[0])) != 0) return "condition";
  const bool is_function = token == "min" || token == "max" || token == "exp" || token == "sqrt";
  if (is_function) return "function";
  return token == "true" || token == "false" ? "constant" : "index or size";
}

/// The edit of a token in line n, with as many lines around it as make the place the only one.
Edit edit_of(const std::string& solution, const std::vector<std::string>& lines, std::size_t n, const Token& token,
             const std::string& with) {
  std::string before;
  std::string after;
  const auto replaced = [&] { return before + lines[n] + after; };
  for (std::size_t reach = 1; solution.find(replaced()) != solution.rfind(replaced()); ++reach) {
    if (reach <= n) before = lines[n - reach] + '\n' + before;
    if (n + reach < lines.size()) after += '\n' + lines[n + reach];
  }
  std::string line = lines[n];
  line.replace(token.at, token.text.size(), with);
  return {replaced(), before + line + after};
}

}  // namespace

std::vector<Mistake> slips_of(const Lab& lab) {
  if (!fs::exists(lab.solution())) return {};
  const std::string solution = read_file(lab.solution());
  const std::vector<std::string> lines = lines_of(solution);
  std::vector<Mistake> slips;
  bool inside = false;
  std::string task;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const std::string text = trimmed(lines[n]);
    if (text.starts_with(task_mark)) task = task_in(text);
    if (text == "// BEGIN SOLUTION") inside = true;
    if (text == "// END SOLUTION") inside = false;
    if (!inside) continue;
    for (const Token& token : tokens_of(lines[n])) {
      for (const std::string& with : replacements(lines[n], token)) {
        Mistake slip;
        slip.name = fmt::format("line {}, column {}: {} instead of {}", n + 1, token.at + 1, with, token.text);
        slip.task = task;
        slip.text = fmt::format("the right formula with one {} changed: {} instead of {}", kind_of(token.text), with,
                                token.text);
        slip.read = lab.task(task).read;
        slip.edits.push_back(edit_of(solution, lines, n, token, with));
        slips.push_back(std::move(slip));
      }
    }
  }
  return slips;
}

}  // namespace lab
