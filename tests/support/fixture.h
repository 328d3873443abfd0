#pragma once

#include <gradus/core/tensor.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The options of a case or an example, as text: {"axes", "0,2"}, {"keepdims", "1"}.
class CaseOptions {
 public:
  CaseOptions() = default;
  CaseOptions(std::initializer_list<std::pair<const std::string, std::string>> pairs) : pairs_(pairs) {}

  bool has(const std::string& key) const { return pairs_.contains(key); }
  /// Each throws Error with the key if it is missing or its text does not parse.
  const std::string& text(const std::string& key) const;
  double number(const std::string& key) const;
  Index index(const std::string& key) const { return static_cast<Index>(number(key)); }
  bool flag(const std::string& key) const { return index(key) != 0; }
  /// "0,2" or "3x4"; empty for "".
  std::vector<Index> list(const std::string& key) const;

  void set(const std::string& key, const std::string& text) { pairs_[key] = text; }

 private:
  std::map<std::string, std::string> pairs_;
};

/// Reference numbers, in double in both builds.
struct Values {
  Shape shape;
  std::vector<double> numbers;

  Tensor tensor() const;
};

using NamedValues = std::vector<std::pair<std::string, Values>>;

/// The value of that name, or null.
const Values* find(const NamedValues& values, std::string_view name);

/// One case of a file of tests/fixtures, whose README describes the format.
struct Fixture {
  std::string location;  ///< "reduce.txt:17"
  std::string row;       ///< the operation or optimizer
  std::string words;     ///< the variant: "rank2", "extreme"
  CaseOptions options;
  NamedValues inputs;
  Values upstream;
  Values output;
  NamedValues after;
  NamedValues gradients;
  std::vector<double> losses;

  std::string title() const { return location + " " + row + " " + words; }
};

/// All cases of tests/fixtures/<file>. Throws Error with the line for malformed text.
std::vector<Fixture> read_fixtures(const std::string& file);

}  // namespace gradus::inline GRADUS_PRECISION
