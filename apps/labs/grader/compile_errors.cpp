#include "compile_errors.h"

#include "files.h"

#include <array>
#include <string_view>

namespace lab {

namespace {

struct Cause {
  std::string_view mark;
  std::string_view text;
};

// In the words of gcc 12 and of clang 14. The notes below an error are searched too, after the error itself.
constexpr std::array<Cause, 20> causes{{
    {"expected ';'", "a semicolon is missing, here or at the end of the line before"},
    {"expected ‘;’", "a semicolon is missing, here or at the end of the line before"},
    {"expected ',' or ';'", "a semicolon is missing, here or at the end of the line before"},
    {"at end of input", "a closing brace is missing"},
    {"function definition is not allowed here", "a closing brace is missing in the function before"},
    {"extraneous closing brace", "there is a closing brace too many"},
    {"expected '}'", "a closing brace is missing"},
    {"not declared in this scope", "a misspelled name, or a header that is not included"},
    {"use of undeclared identifier", "a misspelled name, or a header that is not included"},
    {"is not a member of 'std'", "a header of the standard library is not included"},
    {"in namespace 'std'", "a misspelled name, or a header of the standard library is not included"},
    {"assignment of read-only", "an input is const: write to the output"},
    {"cannot assign to", "an input is const: write to the output"},
    {"not assignable", "an input is const: write to the output"},
    {"redefinition of", "the function is defined twice"},
    {"was not declared", "a misspelled name, or a header that is not included"},
    {"No such file or directory", "a misspelled name of a header; those of the labs are found without a path"},
    {"file not found", "a misspelled name of a header; those of the labs are found without a path"},
    {"to match this '('", "a parenthesis is missing"},
    {"deduced conflicting types", "the arguments have different types, such as double and int: write 0.0, not 0"},
}};

/// Quotes as ASCII, and no list of template arguments.
std::string shortened(std::string text) {
  for (const std::string_view quote : {"‘", "’"}) {
    for (std::size_t at = text.find(quote); at != std::string::npos; at = text.find(quote)) {
      text.replace(at, quote.size(), "'");
    }
  }
  if (const std::size_t with = text.find(" [with "); with != std::string::npos) text.resize(with);
  if (const std::size_t option = text.rfind(" [-W"); option != std::string::npos) text.resize(option);
  constexpr std::size_t longest = 160;
  if (text.size() > longest) text = text.substr(0, longest - 3) + "...";
  return text;
}

/// "41" of "path/file.cpp:41:7: ..."; empty if the line is not about the file.
std::string line_in(const std::string& line, const std::string& file) {
  const std::size_t at = line.find(file + ':');
  if (at == std::string::npos || (at > 0 && line[at - 1] != '/' && line[at - 1] != ' ')) return "";
  const std::size_t digits = at + file.size() + 1;
  return line.substr(digits, line.find_first_not_of("0123456789", digits) - digits);
}

}  // namespace

CompileError first_error(const std::string& messages, const std::string& file) {
  CompileError error;
  std::string notes;      // below the first error
  std::string last_line;  // of the student's file, from which an error in a header comes
  for (const std::string& line : lines_of(messages)) {
    const std::string here = line_in(line, file);
    if (!here.empty()) last_line = here;
    const std::size_t mark = line.find("error: ");
    if (mark != std::string::npos) {
      if (!error.text.empty()) break;
      error.text = shortened(line.substr(mark + 7));
    } else if (const std::size_t note = line.find("note: "); !error.text.empty() && note != std::string::npos) {
      notes += shortened(line.substr(note)) + '\n';
    }
    // clang names the line of the student's file after an error in a header, gcc before it.
    if (!error.text.empty() && error.place.empty() && !last_line.empty()) error.place = file + ':' + last_line;
  }
  if (error.text.empty()) error.text = shortened(messages.substr(0, messages.find('\n')));
  for (const std::string* text : {&error.text, &notes}) {
    for (const Cause& cause : causes) {
      if (error.cause.empty() && text->find(cause.mark) != std::string::npos) error.cause = cause.text;
    }
  }
  return error;
}

}  // namespace lab
