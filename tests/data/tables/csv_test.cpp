#include <gradus/data/tables/csv.h>
#include <gradus/data/tables/standardization.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <clocale>
#include <cmath>
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
  const std::string one =
      "[load_csv] expected one of .label (the column of classes), .target (the column to predict) and .like (a table "
      "read before, for another file with or without that column), got ";
  CHECK_EQ(text({}), one + "none");
  CHECK_EQ(text({.label = "kind", .target = "length"}), one + ".label, .target");
  CHECK_EQ(text({.label = "kind", .like = TableFormat{}}), one + ".label, .like");
  CHECK_EQ(text({.label = "kin"}),
           "[load_csv] unknown column 'kin', did you mean 'kind'? (known: length, kind) in " + file.path().string());
  for (const char bad : {'"', '\n', '\0', '.', '-', '1', 'e', ' ', '\xff'}) {
    CHECK_EQ(text({.label = "kind", .separator = bad}),
             fmt::format("[load_csv] expected a separator of ',', ';', ':', '|' or a tab, got character {}", int{bad}));
  }
  CHECK_EQ(text({.label = "kind", .ignore = {"size"}}),
           "[load_csv] unknown column 'size' (known: length, kind) in " + file.path().string());
  CHECK_EQ(text({.label = "kind", .ignore = {"kind"}}),
           "[load_csv] expected .ignore without the column of .label or .target, got 'kind'");
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
  CHECK_EQ(fault("a,kind\n1,x\n", {.label = "kind", .ignore = {"a"}}),
           "line 1: expected a column of numbers besides 'kind', got none");
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
  gzFile gzip = gzopen(file.path().c_str(), "wb9");
  std::string rows = "a,price\n";
  while (rows.size() < 9 * 1024 * 1024) rows += "1,2\n";
  gzwrite(gzip, rows.data(), static_cast<unsigned>(rows.size()));
  gzclose(gzip);
  const std::string text = error_text<FileError>([&] { load_csv(file.path(), {.target = "price"}); });
  CHECK_MESSAGE(
      text.ends_with("expected a file of at most 8 MiB (100 times its size as gzip), got more; unpack it with "
                     "gunzip first"),
      text);
}

TEST_CASE("csv: numbers at the limits, and what is not a number") {
  const CsvFile file("a,price\n1e-400,1\n-1e-320,2\n+0.5,3\n");
  const Dataset data = load_csv(file.path(), {.target = "price"}).data;
  CHECK_EQ(data.sample(0), std::vector<double>{0});
  CHECK_EQ(data.sample(1), std::vector<double>{-1e-320});
  CHECK_EQ(data.sample(2), std::vector<double>{0.5});
  const std::string cure = "; use a decimal point, encode text as numbers or remove the column";
  for (const std::string bad : {"+-5", "++5", "-+5", "--5", "1e", "1_000", "1 000"}) {
    CHECK_EQ(fault("a,kind\n" + bad + ",x\n"), "line 2: expected a number in column 'a', got '" + bad + "'" + cure);
  }
  CHECK_EQ(fault("a,kind\n-1e400,x\n"),
           "line 2: expected a finite number in column 'a', got '-1e400'; remove or correct the row");
}

TEST_CASE("csv: text is UTF-8, and what errors quote of it is safe for terminals") {
  CHECK_EQ(fault("a,kind\n1,caf\xE9\n"),
           "line 2: expected text in UTF-8, got 'caf\\xe9'; export the table as CSV in UTF-8");
  CHECK_EQ(fault("a,\xC0\xAF\n"), "line 1: expected text in UTF-8, got '\\xc0\\xaf'; export the table as CSV in UTF-8");
  const std::string cure = "; use a decimal point, encode text as numbers or remove the column";
  CHECK_EQ(fault("a,kind\n\x1b[31m\xC2\x9B\xE2\x80\xAE,x\n"),
           "line 2: expected a number in column 'a', got '\\x1b[31m\\x9b\\u202e'" + cure);
  CHECK_EQ(fault("a,\"k\n\x1b]0;\x07\",\"k\n\x1b]0;\x07\"\n"),
           "line 1: expected every column name once, got 'k\\n\\x1b]0;\\x07' again; rename one");
  const std::string long_name(100'000, 'n');
  CHECK_LT(fault(long_name + ",kind\nx,y\n").size(), 400);
  const CsvFile file(long_name + ",a\n1,2\n");
  CHECK_LT(error_text<ValueError>([&] { load_csv(file.path(), {.label = "kind"}); }).size(), 700);
  CHECK_LT(fault("kind," + long_name + "," + long_name + "\nx,1,2\n").size(), 400);
}

TEST_CASE("csv: classes that are numbers are sorted by value, before those that are not") {
  const CsvFile numbers("a,kind\n1,11\n1,2\n1,0\n1,-3\n1,2.5\n");
  const Table table = load_csv(numbers.path(), {.label = "kind"});
  CHECK_EQ(table.classes, std::vector<std::string>{"-3", "0", "2", "2.5", "11"});
  CHECK_EQ(values(table.data.batch().labels), std::vector<Real>{4, 2, 1, 0, 3});
  const CsvFile mixed("a,kind\n1,b\n1,10\n1,nan\n1,9\n1,1x\n");
  CHECK_EQ(load_csv(mixed.path(), {.label = "kind"}).classes, std::vector<std::string>{"9", "10", "1x", "b", "nan"});
}

TEST_CASE("csv: another file of a table is read like the first") {
  const CsvFile first("id,length,kind,width\n7,1,plum,2\n8,3,apple,4\n9,5,fig,6\n");
  const Table train = load_csv(first.path(), {.label = "kind", .ignore = {"id"}});
  CHECK_EQ(train.features, std::vector<std::string>{"length", "width"});
  CHECK_EQ(train.output, "kind");
  SUBCASE("columns in another order, fewer classes") {
    const CsvFile file("width,kind,length\n20,plum,10\n40,plum,30\n");
    const auto [data, features, classes] = load_csv(file.path(), {.like = train});
    CHECK_EQ(features, train.features);
    CHECK_EQ(classes, std::vector<std::string>{"apple", "fig", "plum"});
    CHECK_EQ(data.classes(), 3);
    CHECK_EQ(values(data.batch().labels), std::vector<Real>{2, 2});
    CHECK_EQ(values(data.batch().inputs), std::vector<Real>{10, 20, 30, 40});
  }
  SUBCASE("without answers") {
    const CsvFile file("id,width,length\na,20,10\nb,40,30\n");
    const Table test = load_csv(file.path(), {.like = train});
    CHECK_FALSE(test.data.has_labels());
    CHECK_EQ(test.data.size(), 2);
    CHECK_EQ(test.classes, train.classes);
    CHECK_EQ(values(test.data.batch().inputs), std::vector<Real>{10, 20, 30, 40});
  }
  SUBCASE("a table of numbers to predict, and one feature") {
    const CsvFile numbers("x,y\n1,2\n");
    const Table regression = load_csv(numbers.path(), {.target = "y"});
    const CsvFile more("y,x\n4,3\n");
    CHECK_EQ(values(load_csv(more.path(), {.like = regression}).data.batch().labels), std::vector<Real>{4});
    const CsvFile without("x\n5\n6\n");
    const Dataset data = load_csv(without.path(), {.like = regression}).data;
    CHECK_EQ(values(data.batch().inputs), std::vector<Real>{5, 6});
    CHECK_FALSE(data.has_labels());
  }
  SUBCASE("errors") {
    const CsvOptions like{.like = train};
    CHECK_EQ(fault("length,kind,width\n1,plum,2\n1,pear,2\n", like),
             "line 3: expected a class of the first table in column 'kind' ('apple', 'fig', 'plum'), got 'pear'");
    CHECK_EQ(fault("kind,Width\nplum,2\n", like),
             "line 1: expected the columns of the first table, got none named 'length', 'width'; add or rename them");
    CHECK_EQ(
        fault("length,width,species,hue\n1,2,plum,3\n", like),
        "line 1: expected the columns of the first table alone, got also 'species', 'hue'; remove them or list them "
        "in .ignore");
    const CsvFile extra("length,width,hue\n1,2,red\n");
    CHECK_EQ(load_csv(extra.path(), {.ignore = {"hue"}, .like = train}).data.size(), 1);
  }
}

TEST_CASE("csv: numbers keep double precision until they are standardized") {
  std::string text = "minute,y\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("{},{}\n", 28'000'001 + i, i);
  const CsvFile file(text);
  const Dataset all = load_csv(file.path(), {.target = "y"}).data;
  CHECK_EQ(all.sample(1), std::vector<double>{28'000'002});
  const double deviation = std::sqrt((100.0 * 100 - 1) / 12);
  const Standardization standardize(all);
  const auto check = [&](const Dataset& raw) {
    const Batch batch = standardize(raw).batch();
    Index wrong = 0;
    for (Index i = 0; i < raw.size(); ++i) {
      wrong += std::abs(batch.inputs.at({i, 0}) - (batch.labels.at({i, 0}) - 49.5) / deviation) > 1e-6;
    }
    CHECK_EQ(wrong, 0);
  };
  check(all);
  check(all.shuffled(1));
  check(all.shuffled(1).split(0.3).second.shuffled(2).take(3, 20));
  check(all.with_weights(Tensor::ones({100})).take(50));
  check(all.with_shape({1, 1}).with_shape({1}));
}
