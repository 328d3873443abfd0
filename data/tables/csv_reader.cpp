#include <gradus/data/tables/csv_reader.h>

#include <gradus/core/printable.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t max_size = 1024 * mebibyte;
// Of a gzip file: tables shrink to a tenth, decompression bombs to a thousandth.
constexpr std::size_t max_ratio = 100;
constexpr std::size_t always_allowed = 8 * mebibyte;

constexpr int end = -1;

bool is_utf8(std::string_view text) {
  constexpr char32_t min_code[] = {0, 0, 0x80, 0x800, 0x10000};  // by the number of bytes
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const auto length = static_cast<std::size_t>(std::countl_one(byte(i)));
    if (length == 1 || length > 4 || i + length > text.size()) return false;
    char32_t code = byte(i) & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      code = code << 6 | (byte(i + k) & 0x3Fu);
    }
    if (length > 0 && (code < min_code[length] || code > 0x10FFFF || (code >> 11) == 0x1B)) return false;
    i += std::max<std::size_t>(length, 1);
  }
  return true;
}

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& path, char separator)
    : stream_(path), max_size_(max_size), separator_(separator) {
  if (stream_.gzip()) max_size_ = std::clamp(max_ratio * stream_.file_size(), always_allowed, max_size);
  const bool marked = peek() == 0xEF && chunk_.size() > 2 && chunk_[1] == 0xBB && chunk_[2] == 0xBF;
  if (marked) position_ = 3;  // byte order mark, written by spreadsheets
}

std::optional<std::vector<std::string>> CsvReader::next() {
  while (begin_record() == '\r' || peek() == '\n') advance();
  if (peek() == end) return std::nullopt;
  std::vector<std::string> cells{cell()};
  while (peek() == separator_) {
    advance();
    cells.push_back(cell());
  }
  return cells;
}

std::vector<std::string> CsvReader::header() {
  const auto names = next();
  expect(names.has_value(), "column names, got an empty file");
  expect(!names->front().starts_with('<'), "a table, got an HTML or XML page; the download failed, repeat it");
  std::set<std::string_view> seen;
  for (const std::string& name : *names) {
    expect(!name.empty(), "a name for column {}, got none; name or remove it", seen.size() + 1);
    expect(seen.insert(name).second, "every column name once, got '{}' again; rename one", printable(name));
  }
  return *names;
}

double CsvReader::number(const std::string& column, const std::string& cell) const {
  const char* first = cell.data() + (cell.starts_with('+') && !cell.starts_with("+-"));
  const char* last = cell.data() + cell.size();
  double value = 0;
  auto [stop, error] = std::from_chars(first, last, value);
  expect(stop == last && error != std::errc::invalid_argument,
         "a number in column '{}', got '{}'; use a decimal point, encode text as numbers or remove the column",
         printable(column), printable(cell, 64));
  if (error == std::errc::result_out_of_range) {  // too large, or so small that it is 0
    long double wide = 0;
    error = std::from_chars(first, last, wide).ec;
    value = std::abs(wide) < 1 ? 0 : std::numeric_limits<double>::infinity();
  }
  expect(error == std::errc() && std::isfinite(static_cast<Real>(value)),
         "a finite number in column '{}', got '{}'; remove or correct the row", printable(column), printable(cell, 64));
  return value;
}

int CsvReader::begin_record() {
  record_line_ = line_;
  record_start_ = offset();
  return peek();
}

int CsvReader::peek() {
  if (position_ == chunk_.size()) {
    chunk_.resize(mebibyte / 16);
    chunk_.resize(stream_.read(chunk_));
    position_ = 0;
    total_ += chunk_.size();
    expect(total_ <= max_size_, "a file of at most {} MiB{}, got more; {}", max_size_ / mebibyte,
           max_size_ < max_size ? " (100 times its size as gzip)" : "",
           stream_.gzip() ? "unpack it with gunzip first" : "split it");
    if (chunk_.empty()) return end;
  }
  return chunk_[position_];
}

void CsvReader::advance() {
  expect(peek() != 0, "text, got a zero byte; export the table as CSV in UTF-8");
  line_ += peek() == '\n';
  ++position_;
  expect(offset() - record_start_ <= mebibyte,
         "a row of at most 1 MiB, got more; is this a table, or is a quote missing?");
}

void CsvReader::skip_blanks() {
  while (peek() != separator_ && (peek() == ' ' || peek() == '\t')) advance();
}

bool CsvReader::cell_ended() {
  const int next = peek();
  return next == separator_ || next == '\r' || next == '\n' || next == end;
}

std::string CsvReader::cell() {
  std::string text;
  const auto take = [&] {
    text += static_cast<char>(peek());
    advance();
  };
  skip_blanks();
  if (peek() != '"') {
    while (!cell_ended()) take();
    text.erase(text.find_last_not_of(" \t") + 1);
  } else {
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
  }
  expect(is_utf8(text), "text in UTF-8, got '{}'; export the table as CSV in UTF-8", printable(text, 64));
  return text;
}

}  // namespace gradus::inline GRADUS_PRECISION
