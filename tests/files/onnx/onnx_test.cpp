#include <gradus/files/onnx/onnx.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

class Doubled : public Layer {
 protected:
  Variable forward(const Variable& x, Mode) override { return x + x; }
};

std::string exported(const Layer& model) {
  const TemporaryFolder folder;
  export_onnx(model, folder / "model.onnx");
  return file_text(folder / "model.onnx");
}

/// How many nodes of that operation the file has: op_type is field 4 of a node.
int nodes(const std::string& file, const std::string& operation) {
  const std::string field = "\x22" + std::string(1, static_cast<char>(operation.size())) + operation;
  int count = 0;
  for (std::size_t at = file.find(field); at != file.npos; at = file.find(field, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("ONNX: layers without a translation are an error, and learn one") {
  const TemporaryFolder folder;
  Sequential model{Input{3}, Sequential{Doubled{}}, Dense{2}};
  CHECK_EQ(error_text<ValueError>([&] { export_onnx(model, folder / "model.onnx"); }),
           "[export_onnx] expected layers with a translation, got 'sequential.doubled' (Doubled); add one with "
           "register_onnx_translation(\"Doubled\", ...)");
  CHECK_FALSE(std::filesystem::exists(folder / "model.onnx"));
  CHECK_EQ(error_text<ValueError>([] { register_onnx_translation("Doubled", nullptr); }),
           "[register_onnx_translation] expected a function that translates a Doubled, got none");
  register_onnx_translation("Doubled", [](OnnxGraph& graph, const Layer&, const std::string& x) {
    return graph.add("Add", {x, x});
  });
  CHECK_EQ(nodes(exported(model), "Add"), 1);
}

TEST_CASE("ONNX: weights that are not finite are not written") {
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  Sequential model{Input{3}, Dense{2}};
  Tensor kernel = model.parameters()["dense.kernel"].value();
  kernel.data()[1] = std::numeric_limits<Real>::infinity();
  CHECK_EQ(
      error_text<FileError>([&] { export_onnx(model, path); }),
      path.string() +
          ": expected finite values in dense.kernel, got inf; the file is not written, as the training has failed");
  kernel.data()[1] = 0;
  register_onnx_translation("Doubled", [](OnnxGraph& graph, const Layer&, const std::string& x) {
    return graph.add("Add", {x, graph.constant("offset", Tensor::full({}, std::numeric_limits<Real>::quiet_NaN()))});
  });
  CHECK_EQ(error_text<ValueError>([&] {
             export_onnx(Sequential{Input{3}, Doubled{}}, path);
           }),
           "[export_onnx] expected numbers that a float can hold in doubled.offset, got nan");
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ONNX: the model has to be built") {
  const std::string text = error_text<StateError>([] { export_onnx(Sequential{Dense{2}}, "not written"); });
  CHECK(text.starts_with("[sequential] expected a layer that is built"));
}

TEST_CASE("ONNX: images are transposed at the borders of convolutions only, and nothing is written that is not used") {
  const Sequential chain{Input{{9, 9, 2}},     Conv2D{3, 3, {.activation = "relu"}},
                         BatchNormalization{}, Activation{"gelu"},
                         MaxPooling2D{},       DepthwiseConv2D{2}};
  const std::string file = exported(chain);
  CHECK_EQ(nodes(file, "Transpose"), 2);
  CHECK_EQ(nodes(file, "Erf"), 1);
  CHECK_EQ(nodes(exported(Sequential{Input{{9, 9, 2}}, Conv2D{3, 3}, GlobalMaxPooling2D{}}), "Transpose"), 1);
  CHECK_EQ(nodes(exported(Sequential{Input{{9, 9, 2}}, Conv2D{3, 3}, LayerNormalization{}, Conv2D{3, 3}}), "Transpose"),
           4);
  CHECK_EQ(nodes(exported(Sequential{Input{4}, Dense{3}, BatchNormalization{}}), "Transpose"), 0);
}

TEST_CASE("ONNX: the same model is written to the same bytes") {
  const Sequential model{Input{4}, Dense{3}, Dropout{0.5}, BatchNormalization{}};
  CHECK_EQ(exported(model), exported(model));
}
