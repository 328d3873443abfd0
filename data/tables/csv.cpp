#include <gradus/data/tables/csv.h>

#include <gradus/core/names.h>
#include <gradus/data/byte_stream.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t max_raw_size = 1024;  // MiB
constexpr std::size_t max_gzip_size = 64;   // MiB; read within a second, which limits decompression bombs

/// Splits a file into records of cells. Not one of Debian's libraries: exceptions cannot pass the callbacks of libcsv,
/// and fast-cpp-csv-parser needs the number of columns at compile time.
class CsvReader {
 public:
  CsvReader(const std::filesystem::path& path, char separator)
      : stream_(path), max_size_((stream_.gzip() ? max_gzip_size : max_raw_size) * mebibyte), separator_(separator) {
    const bool marked = peek() == 0xEF && chunk_.size() > 2 && chunk_[1] == 0xBB && chunk_[2] == 0xBF;
    if (marked) position_ = 3;  // byte order mark, written by spreadsheets
  }

  /// Throws FileError with the file and the first line of the current record unless the condition holds.
  template <class... Args>
  void expect(bool condition, fmt::format_string<Args...> text, Args&&... args) const {
    if (condition) return;
    const std::string fault = fmt::vformat(text, fmt::make_format_args(args...));
    throw FileError(fmt::format("{}, line {}: expected {}", stream_.name(), record_line_, fault));
  }

  /// The next record, without empty lines; nullopt at the end of the file.
  std::optional<std::vector<std::string>> next() {
    while (begin_record() == '\r' || peek() == '\n') advance();
    if (peek() == end) return std::nullopt;
    std::vector<std::string> cells{cell()};
    while (peek() == separator_) {
      advance();
      cells.push_back(cell());
    }
    return cells;
  }

 private:
  static constexpr int end = -1;

  std::size_t offset() const { return total_ - (chunk_.size() - position_); }

  int begin_record() {
    record_line_ = line_;
    record_start_ = offset();
    return peek();
  }

  int peek() {
    if (position_ == chunk_.size()) {
      chunk_.resize(mebibyte / 16);
      chunk_.resize(stream_.read(chunk_));
      position_ = 0;
      total_ += chunk_.size();
      expect(total_ <= max_size_, "a file of at most {} MiB, got more; {}", max_size_ / mebibyte,
             stream_.gzip() ? "unpack it with gunzip first" : "split it");
      if (chunk_.empty()) return end;
    }
    return chunk_[position_];
  }

  void advance() {
    expect(peek() != 0, "text, got a zero byte; export the table as CSV in UTF-8");
    line_ += peek() == '\n';
    ++position_;
    expect(offset() - record_start_ <= mebibyte,
           "a row of at most 1 MiB, got more; is this a table, or is a quote missing?");
  }

  void skip_blanks() {
    while (peek() != separator_ && (peek() == ' ' || peek() == '\t')) advance();
  }

  bool cell_ended() {
    const int next = peek();
    return next == separator_ || next == '\r' || next == '\n' || next == end;
  }

  std::string cell() {
    std::string text;
    const auto take = [&] {
      text += static_cast<char>(peek());
      advance();
    };
    skip_blanks();
    if (peek() != '"') {
      while (!cell_ended()) take();
      return text.substr(0, text.find_last_not_of(" \t") + 1);
    }
    advance();
    while (true) {
      expect(peek() != end, "a closing quote, got the end of the file");
      if (peek() == '"') {
        advance();
        if (peek() != '"') break;
      }
      take();
    }
    skip_blanks();
    expect(cell_ended(), "'{}' after a closing quote, got '{}'", static_cast<char>(separator_),
           static_cast<char>(peek()));
    return text;
  }

  ByteStream stream_;
  std::size_t max_size_;
  int separator_;
  std::vector<std::uint8_t> chunk_;
  std::size_t position_ = 0;
  std::size_t total_ = 0;  // read so far, including the chunk
  std::size_t record_start_ = 0;
  Index line_ = 1;
  Index record_line_ = 1;
};

std::vector<std::string> read_header(CsvReader& reader) {
  const auto names = reader.next();
  reader.expect(names.has_value(), "column names, got an empty file");
  reader.expect(!names->front().starts_with('<'), "a table, got an HTML or XML page; the download failed, repeat it");
  std::set<std::string_view> seen;
  for (const std::string& name : *names) {
    reader.expect(!name.empty(), "a name for column {}, got none; name or remove it", seen.size() + 1);
    reader.expect(seen.insert(name).second, "every column name once, got '{}' again; rename one", name);
  }
  reader.expect(names->size() > 1, "at least 2 columns, got only '{}'; is the separator right?", names->front());
  return *names;
}

Real number(const CsvReader& reader, const std::string& column, const std::string& cell) {
  double value = 0;
  const char* end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data() + cell.starts_with('+'), end, value);
  reader.expect(stop == end && error != std::errc::invalid_argument,
                "a number in column '{}', got '{}'; use a decimal point, encode text as numbers or remove the "
                "column",
                column, cell.substr(0, 64));
  reader.expect(error == std::errc() && std::isfinite(static_cast<Real>(value)),
                "a finite number in column '{}', got '{}'; remove or correct the row", column, cell.substr(0, 64));
  return static_cast<Real>(value);
}

}  // namespace

Table load_csv(const std::filesystem::path& path, const CsvOptions& options) {
  const bool classify = !options.label.empty();
  check(classify == options.target.empty(),
        "[load_csv] expected either a label (classification) or a target (regression), got {}; name one column",
        classify ? "both" : "neither");
  check(std::string_view("\"\r\n\0 ", 5).find(options.separator) == std::string_view::npos,
        "[load_csv] expected a separator such as ',', ';' or a tab, got character {}", int{options.separator});
  CsvReader reader(path, options.separator);
  std::vector<std::string> names = read_header(reader);
  const std::string& wanted = classify ? options.label : options.target;
  const Index output = find_name("load_csv", "column", wanted, names, {}, " in " + path.string()) - names.begin();

  std::vector<Real> inputs;
  std::vector<Real> labels;
  std::map<std::string, Index> classes;  // numbered by first appearance
  while (const auto cells = reader.next()) {
    reader.expect(cells->size() == names.size(), "{} cells, one per column name, got {}", names.size(), cells->size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& cell = (*cells)[i];
      const bool is_output = static_cast<Index>(i) == output;
      reader.expect(!cell.empty(), "a value in column '{}', got an empty cell; fill the cell or remove the row",
                    names[i]);
      if (is_output && classify) {
        labels.push_back(static_cast<Real>(classes.try_emplace(cell, std::ssize(classes)).first->second));
      } else {
        (is_output ? labels : inputs).push_back(number(reader, names[i], cell));
      }
    }
  }
  reader.expect(!labels.empty(), "rows below the column names, got none");
  reader.expect(classes.size() != 1, "at least 2 classes in column '{}', got only '{}'", wanted,
                classify ? classes.begin()->first : "");

  std::vector<Real> sorted(classes.size());
  std::vector<std::string> class_names;
  for (const auto& [name, appearance] : classes) {
    sorted[static_cast<std::size_t>(appearance)] = static_cast<Real>(class_names.size());
    class_names.push_back(name);
  }
  if (classify) {
    for (Real& label : labels) label = sorted[static_cast<std::size_t>(label)];
  }
  names.erase(names.begin() + output);
  const Index rows = std::ssize(labels);
  const Tensor x = Tensor::from({rows, std::ssize(names)}, inputs);
  const Tensor y = Tensor::from(classify ? Shape{rows} : Shape{rows, 1}, labels);
  return {Dataset(x, y, std::ssize(class_names)), names, class_names};
}

}  // namespace gradus::inline GRADUS_PRECISION
