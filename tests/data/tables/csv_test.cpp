#include <gradus/data/tables/csv.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <clocale>
#include <filesystem>
#include <fstream>

using namespace gradus;

namespace {

namespace fs = std::filesystem;

/// A file in a new folder, both removed at the end of the test.
class CsvFile {
 public:
  explicit CsvFile(std::string_view content = "") { std::ofstream(path(), std::ios::binary) << content; }

  fs::path path() const { return folder_ / "table.csv"; }

 private:
  TemporaryFolder folder_;
};

std::vector<Real> values(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

/// The text of the FileError without the path at its start.
std::string fault(std::string_view content, const CsvOptions& options = {.label = "kind"}) {
  const CsvFile file(content);
  const std::string text = error_text<FileError>([&] { load_csv(file.path(), options); });
  const std::string start = file.path().string() + ", ";
  return text.starts_with(start) ? text.substr(start.size()) : "without the path: " + text;
}

}  // namespace

TEST_CASE("csv: classification") {
  const CsvFile file("length,kind,width\n1,plum,2\n3.5,apple,-4e-1\n+5,plum,6\n");
  const auto [data, features, classes] = load_csv(file.path(), {.label = "kind"});
  CHECK_EQ(features, std::vector<std::string>{"length", "width"});
  CHECK_EQ(classes, std::vector<std::string>{"apple", "plum"});
  CHECK_EQ(data.classes(), 2);
  CHECK_EQ(data.sample_shape(), Shape{2});
  const Batch all = data.batch();
  CHECK_EQ(all.labels.shape(), Shape{3});
  CHECK_EQ(values(all.labels), std::vector<Real>{1, 0, 1});
  CHECK_EQ(values(all.inputs), std::vector<Real>{1, 2, Real(3.5), Real(-0.4), 5, 6});
}

TEST_CASE("csv: regression") {
  const CsvFile file("rooms,price\n3,100.25\n4,-2\n");
  const Table table = load_csv(file.path(), {.target = "price"});
  CHECK_EQ(table.features, std::vector<std::string>{"rooms"});
  CHECK(table.classes.empty());
  CHECK_EQ(table.data.classes(), 0);
  CHECK_EQ(table.data.batch().labels.shape(), Shape{2, 1});
  CHECK_EQ(values(table.data.batch().labels), std::vector<Real>{Real(100.25), -2});
  CHECK_EQ(values(table.data.batch().inputs), std::vector<Real>{3, 4});
}

TEST_CASE("csv: quotes, line ends, blanks and separators") {
  const CsvFile file(
      "\xEF\xBB\xBF\"a, \"\"long\"\"\nname\" ; kind;b\r\n\r\n 1 ; \"x;y\" ;2\r\n3;\" z\";\t4 \n\n5;\"\"\"\";6");
  const Table table = load_csv(file.path(), {.label = "kind", .separator = ';'});
  CHECK_EQ(table.features, std::vector<std::string>{"a, \"long\"\nname", "b"});
  CHECK_EQ(table.classes, std::vector<std::string>{" z", "\"", "x;y"});
  CHECK_EQ(values(table.data.batch().labels), std::vector<Real>{2, 0, 1});
  CHECK_EQ(values(table.data.batch().inputs), std::vector<Real>{1, 2, 3, 4, 5, 6});

  const CsvFile wide("\xEF\xBD\x81,price\n1,2\n");  // begins with the byte of the mark alone
  CHECK_EQ(load_csv(wide.path(), {.target = "price"}).features, std::vector<std::string>{"\xEF\xBD\x81"});

  const CsvFile tabs("a\tkind\tb\n1\tx y\t2\n3\tz\t4\n");
  const Table by_tabs = load_csv(tabs.path(), {.label = "kind", .separator = '\t'});
  CHECK_EQ(by_tabs.classes, std::vector<std::string>{"x y", "z"});
  CHECK_EQ(values(by_tabs.data.batch().inputs), std::vector<Real>{1, 2, 3, 4});
}

TEST_CASE("csv: many rows, raw and gzip") {
  std::string text = "a,price,b\n";
  const Index rows = 20'000;  // several chunks of reading
  for (Index i = 0; i < rows; ++i) text += fmt::format("{},{},{}\n", i, 2 * i, -i);
  const CsvFile file(text);
  const CsvFile compressed;
  gzFile gzip = gzopen(compressed.path().c_str(), "wb");
  gzwrite(gzip, text.data(), static_cast<unsigned>(text.size()));
  gzclose(gzip);
  for (const CsvFile* one : {&file, &compressed}) {
    const Batch all = load_csv(one->path(), {.target = "price"}).data.batch();
    REQUIRE_EQ(all.labels.size(), rows);
    Index wrong = 0;
    for (Index i = 0; i < rows; ++i) {
      wrong +=
          all.inputs.at({i, 0}) != Real(i) || all.inputs.at({i, 1}) != -Real(i) || all.labels.at({i, 0}) != Real(2 * i);
    }
    CHECK_EQ(wrong, 0);
  }
}

TEST_CASE("csv: a locale with a decimal comma changes nothing") {
  const CsvFile file("a,price\n1.5,2.5\n");
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8"}) std::setlocale(LC_ALL, locale);
  CHECK_EQ(values(load_csv(file.path(), {.target = "price"}).data.batch().inputs), std::vector<Real>{1.5});
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("csv: bad options") {
  const CsvFile file("length,kind\n1,a\n2,b\n");
  const auto text = [&](const CsvOptions& options) {
    return error_text<ValueError>([&] { load_csv(file.path(), options); });
  };
  CHECK_EQ(
      text({}),
      "[load_csv] expected either a label (classification) or a target (regression), got neither; name one column");
  CHECK_EQ(text({.label = "kind", .target = "length"}),
           "[load_csv] expected either a label (classification) or a target (regression), got both; name one column");
  CHECK_EQ(text({.label = "kin"}),
           "[load_csv] unknown column 'kin', did you mean 'kind'? (known: length, kind) in " + file.path().string());
  CHECK_EQ(text({.label = "kind", .separator = '"'}),
           "[load_csv] expected a separator such as ',', ';' or a tab, got character 34");
  CHECK_EQ(text({.label = "kind", .separator = '\n'}),
           "[load_csv] expected a separator such as ',', ';' or a tab, got character 10");
}

TEST_CASE("csv: missing and special files") {
  const CsvFile file;
  const fs::path folder = file.path().parent_path();
  const auto text = [](const fs::path& path) {
    return error_text<FileError>([&] { load_csv(path, {.label = "kind"}); });
  };
  CHECK_EQ(text(folder / "none.csv"),
           (folder / "none.csv").string() + ": expected a file, got 'No such file or directory'; check the path");
  CHECK_EQ(text(folder), folder.string() + ": expected a file, got a folder; check the path");
  mkfifo((folder / "pipe").c_str(), 0600);
  CHECK_EQ(text(folder / "pipe"),
           (folder / "pipe").string() + ": expected a file, got a pipe or a device; check the path");
  CHECK_EQ(text("/dev/zero"), "/dev/zero: expected a file, got a pipe or a device; check the path");
}

TEST_CASE("csv: bad headers") {
  CHECK_EQ(fault(""), "line 1: expected column names, got an empty file");
  CHECK_EQ(fault("\n\r\n"), "line 3: expected column names, got an empty file");
  CHECK_EQ(fault("<!DOCTYPE html>\n<html>"),
           "line 1: expected a table, got an HTML or XML page; the download failed, repeat it");
  CHECK_EQ(fault("a,,kind\n1,2,x\n"), "line 1: expected a name for column 2, got none; name or remove it");
  CHECK_EQ(fault("\na,kind,a\n1,x,2\n"), "line 2: expected every column name once, got 'a' again; rename one");
  CHECK_EQ(fault("a;kind\n1;x\n"), "line 1: expected at least 2 columns, got only 'a;kind'; is the separator right?");
}

TEST_CASE("csv: bad rows") {
  CHECK_EQ(fault("a,kind\n"), "line 2: expected rows below the column names, got none");
  CHECK_EQ(fault("a,kind\n1,x\n2\n"), "line 3: expected 2 cells, one per column name, got 1");
  CHECK_EQ(fault("a,kind\n1,x,\n"), "line 2: expected 2 cells, one per column name, got 3");
  CHECK_EQ(fault("a,kind\n1,x\n3,x\n"), "line 4: expected at least 2 classes in column 'kind', got only 'x'");
  const std::string cure = "; use a decimal point, encode text as numbers or remove the column";
  CHECK_EQ(fault("a,kind\n1,\"x\n\ny\"\nmuch,z\n"), "line 5: expected a number in column 'a', got 'much'" + cure);
  CHECK_EQ(fault("a,kind\n\"1,5\",x\n"), "line 2: expected a number in column 'a', got '1,5'" + cure);
  CHECK_EQ(fault("a,kind\n0x10,x\n"), "line 2: expected a number in column 'a', got '0x10'" + cure);
  CHECK_EQ(fault("a,kind\n+,x\n"), "line 2: expected a number in column 'a', got '+'" + cure);
  CHECK_EQ(fault("a,kind\n1,x\n", {.target = "kind"}), "line 2: expected a number in column 'kind', got 'x'" + cure);
  for (const std::string bad : {"nan", "inf", "-INF", "NaN", "1e999"}) {
    CHECK_EQ(fault("a,kind\n" + bad + ",x\n"),
             "line 2: expected a finite number in column 'a', got '" + bad + "'; remove or correct the row");
  }
  if constexpr (sizeof(Real) == sizeof(float)) {
    CHECK_EQ(fault("a,kind\n1e39,x\n"),
             "line 2: expected a finite number in column 'a', got '1e39'; remove or correct the row");
  }
  CHECK_EQ(fault("a,kind\n ,x\n"),
           "line 2: expected a value in column 'a', got an empty cell; fill the cell or remove the row");
  CHECK_EQ(fault("a,kind\n1,\n"),
           "line 2: expected a value in column 'kind', got an empty cell; fill the cell or remove the row");
}

TEST_CASE("csv: bad quotes and bytes") {
  CHECK_EQ(fault("a,kind\n1,x\n2,\"y\n3,z\n"), "line 3: expected a closing quote, got the end of the file");
  CHECK_EQ(fault("a,kind\n1,\"x\"y\n"), "line 2: expected ',' after a closing quote, got 'y'");
  CHECK_EQ(fault(std::string("a,kind\n1,x\n2,\0\n", 15)),
           "line 3: expected text, got a zero byte; export the table as CSV in UTF-8");
  const std::string too_long =
      "line 2: expected a row of at most 1 MiB, got more; is this a table, or is a quote missing?";
  CHECK_EQ(fault("a,kind\n1," + std::string(2'000'000, 'x')), too_long);
  CHECK_EQ(fault("a,kind\n" + std::string(2'000'000, ',')), too_long);
  CHECK_EQ(fault("a,kind\n1,\"x\n" + std::string(2'000'000, '\n')), too_long);
  const std::string row = "1," + std::string(1'000'000, 'x') + "\n";  // the limit is for a row, not for the file
  const CsvFile long_rows("a,kind\n" + row + row + "2,y\n");
  CHECK_EQ(load_csv(long_rows.path(), {.label = "kind"}).data.size(), 3);
}

TEST_CASE("csv: a gzip file that unpacks to more than the limit") {
  const CsvFile file;
  gzFile gzip = gzopen(file.path().c_str(), "wb1");
  const std::string blanks(1024 * 1024, '\n');
  for (int i = 0; i < 65; ++i) gzwrite(gzip, blanks.data(), static_cast<unsigned>(blanks.size()));
  gzclose(gzip);
  CHECK_EQ(error_text<FileError>([&] { load_csv(file.path(), {.label = "kind"}); }),
           file.path().string() +
               ", line 67108865: expected a file of at most 64 MiB, got more; unpack it with gunzip first");
}
