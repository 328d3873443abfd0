#include <gradus/data/tables/preprocessing.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace gradus;

namespace {

std::filesystem::path write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace

TEST_CASE("preprocessing: another program reads a table as the model learnt it, and writes predictions") {
  const TemporaryFolder folder;
  const auto train_file =
      write(folder / "train.csv",
            "id,\"a, \"\"b\"\"\",kind,minute\n1,0.1,plum,28000001\n2,0.3,\"big \"\"fig\"\"\",28000003\n");
  const Table table = load_csv(train_file, {.label = "kind", .ignore = {"id"}});
  const Standardization before(table.data);
  save_preprocessing(folder / "preprocessing.csv", {table, before});

  const auto [format, standardize] = load_preprocessing(folder / "preprocessing.csv");
  CHECK_EQ(format.features, table.features);
  CHECK_EQ(format.classes, table.classes);
  CHECK_EQ(format.output, "kind");
  CHECK_EQ(format.ignored, std::vector<std::string>{"id"});
  CHECK_EQ(standardize.means(), before.means());
  CHECK_EQ(standardize.standard_deviations(), before.standard_deviations());
  const auto test_file = write(folder / "test.csv", "minute,\"a, \"\"b\"\"\",id\n28000003,0.1,x\n28000002,0.3,y\n");
  const Table test = load_csv(test_file, {.like = format});
  CHECK(same_bits(standardize(test.data).batch().inputs, Tensor::from({{-1, 1}, {1, 0}})));

  save_predictions(folder / "predictions.csv", Tensor::from({{0.5, 1}, {2, -1}}), format);
  CHECK_EQ(file_text(folder / "predictions.csv"), "\"kind\"\n\"plum\"\n\"big \"\"fig\"\"\"\n");
  save_predictions(folder / "numbers.csv", Tensor::from({{0.25}, {-2}}), {.features = {"x"}, .output = "y"});
  CHECK_EQ(file_text(folder / "numbers.csv"), "\"y\"\n0.25\n-2\n");
}

TEST_CASE("preprocessing: errors") {
  const TemporaryFolder folder;
  const TableFormat format{.features = {"x"}, .classes = {"a", "b"}, .output = "kind"};
  const std::string path = (folder / "file.csv").string();
  CHECK_EQ(error_text<ShapeError>([&] {
             save_preprocessing(path, {format, Standardization({2}, {0, 0}, {1, 1})});
           }),
           "[save_preprocessing] expected statistics of 1 features, got 2; standardize data of this table");
  CHECK_EQ(error_text<ShapeError>([&] {
             save_predictions(path, Tensor::ones({4, 3}), format);
           }),
           "[save_predictions] expected outputs of shape (N, 2), got (4, 3)");
  CHECK_EQ(error_text<ValueError>([&] {
             save_predictions(path, Tensor::from({{0, 1}, {Real(NAN), 0}}), format);
           }),
           "[save_predictions] expected finite outputs, got nan or infinity in row 1");
  CHECK_FALSE(std::filesystem::exists(path));
  const std::string header = "role,name,mean,standard_deviation\n";
  const auto fault = [&](std::string_view text) {
    write(path, text);
    return error_text<FileError>([&] { load_preprocessing(path); }).substr(path.size() + 2);
  };
  CHECK_EQ(fault("a,b\n"),
           "line 1: expected the columns role,name,mean,standard_deviation, got others; is this a file of "
           "save_preprocessing?");
  CHECK_EQ(
      fault(header + "features,x,0,1\n"),
      "line 2: expected a role, got unknown role 'features', did you mean 'feature'? (known: feature, output, class, "
      "ignored)");
  CHECK_EQ(fault(header + "feature,x,0,0\n"), "line 2: expected a standard deviation above 0, got 0");
  CHECK_EQ(fault(header + "feature,x,0,1\nfeature,x,0,1\n"), "line 3: expected every feature once, got 'x' again");
  CHECK_EQ(fault(header + "feature,x,0,1\n"), "line 3: expected features and an output, got 1 features");
  CHECK_EQ(fault(header + "feature,x,0\n"), "line 2: expected 4 cells, one per column name, got 3");
}
