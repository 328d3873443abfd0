#include <gradus/data/csv.h>

#include <gradus/data/byte_stream.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t most_plain = 1024;  // MiB
constexpr std::size_t most_packed = 64;   // MiB; read within a second, so that a bomb is soon known for one
constexpr std::size_t longest_cell = 64 * 1024;
constexpr std::size_t most_columns = 10'000;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// Takes a file apart into records of cells. Our own, as of Debian's libraries libcsv was last released in 2013 and
/// fast-cpp-csv-parser must know the number of columns when it is compiled.
class CsvReader {
 public:
  CsvReader(const std::filesystem::path& path, char separator)
      : stream_(path), most_((stream_.gzip() ? most_packed : most_plain) * mebibyte), separator_(separator) {
    if (peek() != 0xEF) return;  // the byte order mark that spreadsheets put before UTF-8
    for (int i = 0; i < 3; ++i) advance();
  }

  const std::string& name() const { return stream_.name(); }
  /// Of the last record's first character, from 1 on.
  Index line() const { return record_line_; }

  /// The next record that is no empty line; none at the end of the file.
  std::optional<std::vector<std::string>> next() {
    while (peek() == '\r' || peek() == '\n') advance();
    record_line_ = line_;
    if (peek() == end) return std::nullopt;
    std::vector<std::string> cells{cell()};
    while (peek() == separator_) {
      advance();
      check<FileError>(cells.size() < most_columns, "{}: expected at most {} columns, got more in line {}", name(),
                       most_columns, record_line_);
      cells.push_back(cell());
    }
    return cells;
  }

 private:
  static constexpr int end = -1;

  int peek() {
    if (position_ == chunk_.size()) {
      chunk_.resize(mebibyte / 16);
      chunk_.resize(stream_.read(chunk_));
      position_ = 0;
      total_ += chunk_.size();
      check<FileError>(total_ <= most_, "{}: expected at most {} MiB, got more; {}", name(), most_ / mebibyte,
                       stream_.gzip() ? "unpack the file with gunzip first" : "split the file");
      if (chunk_.empty()) return end;
    }
    return chunk_[position_];
  }

  void advance() {
    check<FileError>(peek() != 0, "{}: expected text, got a zero byte in line {}; export the table as CSV in UTF-8",
                     name(), line_);
    line_ += peek() == '\n';
    ++position_;
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
    const Index start = line_;
    const auto take = [&] {
      text += static_cast<char>(peek());
      advance();
      check<FileError>(text.size() <= longest_cell,
                       "{}: expected cells of at most {} KiB, got a longer one that begins in line {}; this is no "
                       "table, or a quote is missing",
                       name(), longest_cell / 1024, start);
    };
    skip_blanks();
    if (peek() != '"') {
      while (!cell_ended()) take();
      return std::string(trimmed(text));
    }
    advance();
    while (true) {
      check<FileError>(peek() != end, "{}: expected the closing quote of the cell that begins in line {}, got the end",
                       name(), start);
      if (peek() == '"') {
        advance();
        if (peek() != '"') break;
      }
      take();
    }
    skip_blanks();
    check<FileError>(cell_ended(), "{}: expected '{}' after the closing quote in line {}, got '{}'", name(),
                     static_cast<char>(separator_), line_, static_cast<char>(peek()));
    return text;
  }

  ByteStream stream_;
  std::size_t most_;
  int separator_;
  std::vector<std::uint8_t> chunk_;
  std::size_t position_ = 0;
  std::size_t total_ = 0;
  Index line_ = 1;
  Index record_line_ = 1;
};

/// Where the column of that name is.
std::size_t find_column(const CsvReader& reader, const std::vector<std::string>& names, const std::string& wanted) {
  const auto found = std::ranges::find(names, wanted);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw ValueError(fmt::format("[load_csv] {} in {}", unknown_name("column", wanted, known), reader.name()));
}

std::vector<std::string> read_header(CsvReader& reader) {
  const auto names = reader.next();
  const std::string& file = reader.name();
  check<FileError>(names.has_value(), "{}: expected a first line of column names, got an empty file", file);
  check<FileError>(!names->front().starts_with('<'),
                   "{}: expected a table, got an HTML or XML page; the download failed, fetch it again", file);
  for (std::size_t i = 0; i < names->size(); ++i) {
    const std::string& column = (*names)[i];
    check<FileError>(!column.empty(), "{}: expected a name for column {} in line {}, got none; name it or leave it out",
                     file, i + 1, reader.line());
    check<FileError>(std::find(names->begin(), names->begin() + static_cast<Index>(i), column) - names->begin() ==
                         static_cast<Index>(i),
                     "{}: expected every column name once, got '{}' again in line {}; rename one", file, column,
                     reader.line());
  }
  check<FileError>(names->size() > 1,
                   "{}: expected at least 2 columns, got only '{}' in line {}; is the separator right?", file,
                   names->front(), reader.line());
  return *names;
}

Real number(const CsvReader& reader, const std::string& column, const std::string& cell) {
  double value = 0;
  const char* end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data() + cell.starts_with('+'), end, value);
  check<FileError>(stop == end && error != std::errc::invalid_argument,
                   "{}: expected a number in column '{}', line {}, got '{}'; write numbers for texts, with a decimal "
                   "point, or leave the column out",
                   reader.name(), column, reader.line(), cell.substr(0, 64));
  check<FileError>(error == std::errc() && std::isfinite(static_cast<Real>(value)),
                   "{}: expected a finite number in column '{}', line {}, got '{}'; drop or repair the row",
                   reader.name(), column, reader.line(), cell.substr(0, 64));
  return static_cast<Real>(value);
}

}  // namespace

Table load_csv(const std::filesystem::path& path, const CsvOptions& options) {
  const bool classify = !options.label.empty();
  check(classify == options.target.empty(),
        "[load_csv] expected either a label (classification) or a target (regression), got {}; name one column",
        classify ? "both" : "neither");
  check(std::string_view("\"\r\n\0 ", 5).find(options.separator) == std::string_view::npos,
        "[load_csv] expected a separator such as ',', ';' or a tab, got character {}",
        static_cast<int>(options.separator));
  CsvReader reader(path, options.separator);
  std::vector<std::string> names = read_header(reader);
  const std::size_t answer = find_column(reader, names, classify ? options.label : options.target);

  std::vector<Real> inputs;
  std::vector<Real> labels;
  std::map<std::string, Index> classes;  // numbered as they come
  while (const auto cells = reader.next()) {
    check<FileError>(cells->size() == names.size(), "{}: expected {} cells in line {}, as many as column names, got {}",
                     reader.name(), names.size(), reader.line(), cells->size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& cell = (*cells)[i];
      check<FileError>(!cell.empty(),
                       "{}: expected a value in column '{}', line {}, got an empty cell; fill it or drop "
                       "the row",
                       reader.name(), names[i], reader.line());
      if (i == answer && classify) {
        labels.push_back(static_cast<Real>(classes.try_emplace(cell, std::ssize(classes)).first->second));
      } else {
        (i == answer ? labels : inputs).push_back(number(reader, names[i], cell));
      }
    }
  }
  check<FileError>(!labels.empty(), "{}: expected rows below the column names, got none", reader.name());
  check<FileError>(!classify || classes.size() > 1, "{}: expected at least 2 classes in column '{}', got only '{}'",
                   reader.name(), options.label, classify ? classes.begin()->first : "");

  std::vector<Real> sorted(classes.size());
  std::vector<std::string> class_names;
  for (const auto& [name, number_as_it_came] : classes) {
    sorted[static_cast<std::size_t>(number_as_it_came)] = static_cast<Real>(class_names.size());
    class_names.push_back(name);
  }
  if (classify) {
    for (Real& label : labels) label = sorted[static_cast<std::size_t>(label)];
  }
  const Index rows = std::ssize(labels);
  names.erase(names.begin() + static_cast<Index>(answer));
  const Tensor x = Tensor::from({rows, std::ssize(names)}, inputs);
  const Tensor y = Tensor::from(classify ? Shape{rows} : Shape{rows, 1}, labels);
  return {Dataset(x, y, std::ssize(class_names)), names, class_names};
}

}  // namespace gradus::inline GRADUS_PRECISION
