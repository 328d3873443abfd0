#include "perturbation.h"

#include <fmt/format.h>

#include <cctype>
#include <map>
#include <random>

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

}  // namespace

std::vector<Perturbation> perturbations(const Lab& lab, std::uint64_t seed) {
  const std::vector<std::string> lines = lines_of(read_file(lab.solution()));
  std::vector<Perturbation> all;
  bool inside = false;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const std::string text = trimmed(lines[n]);
    if (text == "// BEGIN SOLUTION") inside = true;
    if (text == "// END SOLUTION") inside = false;
    if (!inside) continue;
    for (const Token& token : tokens_of(lines[n])) {
      for (const std::string& with : replacements(lines[n], token)) {
        std::vector<std::string> changed = lines;
        changed[n].replace(token.at, token.text.size(), with);
        all.push_back({fmt::format("line {}, column {}: {} in place of {}", n + 1, token.at + 1, with, token.text),
                       joined(changed, "\n") + '\n'});
      }
    }
  }
  std::mt19937_64 generator(seed);
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[generator() % i]);
  return all;
}

}  // namespace lab
