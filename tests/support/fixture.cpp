#include "support/fixture.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gradus::inline GRADUS_PRECISION {

namespace {

double parse_number(std::string_view context, const std::string& word) {
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  check<Error>(!word.empty() && end == word.c_str() + word.size(), "[{}] expected a number, got '{}'", context, word);
  return value;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file), stream_(std::string(GRADUS_FIXTURES "/") + file) {
    check<FileError>(stream_.good(), "{}: cannot be read", std::string(GRADUS_FIXTURES "/") + file);
  }

  std::vector<Fixture> cases() {
    std::vector<Fixture> result;
    while (next_line()) {
      check<Error>(words_[0] == "case" && words_.size() >= 2, "[{}] expected 'case <row>', got '{}'", location(),
                   line_);
      result.push_back(one_case());
    }
    return result;
  }

 private:
  bool next_line() {
    if (!std::getline(stream_, line_)) return false;
    ++number_;
    words_ = words_of(line_);
    check<Error>(!words_.empty(), "[{}] expected words, got an empty line", location());
    return true;
  }

  std::string location() const { return fmt::format("{}:{}", file_, number_); }

  Fixture one_case() {
    Fixture fixture;
    fixture.location = location();
    fixture.row = words_[1];
    for (std::size_t i = 2; i < words_.size(); ++i) {
      const auto equals = words_[i].find('=');
      if (equals != std::string::npos) {
        fixture.options.set(words_[i].substr(0, equals), words_[i].substr(equals + 1));
      } else {
        fixture.words += (fixture.words.empty() ? "" : " ") + words_[i];
      }
    }
    while (next_line() && words_[0] != "end") section(fixture);
    check<Error>(words_[0] == "end", "[{}] expected 'end', got the end of the file", location());
    return fixture;
  }

  void section(Fixture& fixture) {
    const std::string keyword = words_[0];
    const bool named = keyword == "input" || keyword == "after" || keyword == "gradient";
    const bool known = named || keyword == "upstream" || keyword == "output" || keyword == "losses";
    check<Error>(known && words_.size() > (named ? 1 : 0), "[{}] expected a section, got '{}'", location(), line_);
    const std::string name = named ? words_[1] : "";
    Values values = numbers(named ? 2 : 1);
    if (keyword == "input") fixture.inputs.emplace_back(name, std::move(values));
    if (keyword == "after") fixture.after.emplace_back(name, std::move(values));
    if (keyword == "gradient") fixture.gradients.emplace_back(name, std::move(values));
    if (keyword == "upstream") fixture.upstream = std::move(values);
    if (keyword == "output") fixture.output = std::move(values);
    if (keyword == "losses") fixture.losses = std::move(values.numbers);
  }

  /// The shape given by the words from `first` on, with the numbers of the next line.
  Values numbers(std::size_t first) {
    Values values;
    for (std::size_t i = first; i < words_.size(); ++i) {
      values.shape = values.shape.append(static_cast<Index>(parse_number(location(), words_[i])));
    }
    check<Error>(next_line(), "[{}] expected a line of numbers, got the end of the file", location());
    for (const std::string& word : words_) values.numbers.push_back(parse_number(location(), word));
    check<Error>(static_cast<Index>(values.numbers.size()) == values.shape.size(), "[{}] expected {} numbers, got {}",
                 location(), values.shape.size(), values.numbers.size());
    return values;
  }

  std::string file_;
  std::ifstream stream_;
  std::string line_;
  std::vector<std::string> words_;
  int number_ = 0;
};

}  // namespace

const std::string& CaseOptions::text(const std::string& key) const {
  const auto found = pairs_.find(key);
  check<Error>(found != pairs_.end(), "[options] expected the option '{}', got none", key);
  return found->second;
}

double CaseOptions::number(const std::string& key) const { return parse_number(key, text(key)); }

std::vector<Index> CaseOptions::list(const std::string& key) const {
  std::string numbers = text(key);
  for (char& c : numbers) {
    if (c == ',' || c == 'x') c = ' ';
  }
  std::vector<Index> result;
  for (const std::string& word : words_of(numbers)) result.push_back(static_cast<Index>(parse_number(key, word)));
  return result;
}

Tensor Values::tensor() const {
  Tensor result = Tensor::empty(shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) result.values()[i] = static_cast<Real>(numbers[i]);
  return result;
}

const Values* find(const NamedValues& values, std::string_view name) {
  for (const auto& [other, value] : values) {
    if (other == name) return &value;
  }
  return nullptr;
}

std::vector<Fixture> read_fixtures(const std::string& file) { return Reader(file).cases(); }

}  // namespace gradus::inline GRADUS_PRECISION
