#pragma once

#include <gradus/data/tables/csv.h>
#include <gradus/data/tables/standardization.h>

namespace gradus::inline GRADUS_PRECISION {

/// What a model of a table needs beside its weights to read another file.
struct Preprocessing {
  TableFormat format;
  Standardization standardize;
};

/// Writes the names of columns and classes and the statistics, exactly, as a small CSV file beside that of the model:
///
///     save_model(model, "iris.safetensors");
///     save_preprocessing("iris.preprocessing.csv", {table, standardize});
///
/// and to predict, in another program:
///
///     const Sequential model = load_model("iris.safetensors");
///     const auto [format, standardize] = load_preprocessing("iris.preprocessing.csv");
///     const Table test = load_csv("test.csv", {.like = format});
///     save_predictions("predictions.csv", predict(model, standardize(test.data)), format);
///
/// The writers leave an existing file unchanged on failure. Throw ShapeError for statistics of other samples and
/// predictions of another width, FileError if the file cannot be written or read.
void save_preprocessing(const std::filesystem::path& path, const Preprocessing& preprocessing);
Preprocessing load_preprocessing(const std::filesystem::path& path);

/// Writes a table with one column, named as the output of `format`: the class with the largest of its outputs (N, K),
/// or the output (N, 1) itself in regression. Throws ValueError for outputs that are not finite, and as above.
void save_predictions(const std::filesystem::path& path, const Tensor& outputs, const TableFormat& format);

}  // namespace gradus::inline GRADUS_PRECISION
