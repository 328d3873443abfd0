#pragma once

#include <gradus/files/onnx/graph.h>

#include <filesystem>
#include <functional>

namespace gradus::inline GRADUS_PRECISION {

/// Writes what a model computes in inference as an ONNX file (https://onnx.ai, opset 17), which ONNX Runtime and others
/// run: one input "input" (batch, ...) and one output "output" (batch, ...) of any batch size, with the axes of the
/// model (channels last) and the weights as float. On failure an existing file stays unchanged. Throws StateError if
/// the model is not built, ValueError for layers without a translation, FileError if the file cannot be written and for
/// values that are not finite.
///
///     export_onnx(model, "digits.onnx");
void export_onnx(const Layer& model, const std::filesystem::path& path);

/// Adds the nodes of a layer, which is built, to the graph. Takes the name of the layer's input, returns that of its
/// output.
using OnnxTranslation = std::function<std::string(OnnxGraph& graph, const Layer& layer, const std::string& x)>;

/// Teaches `export_onnx` a custom layer type, as named by `Layer::type`:
///
///     register_onnx_translation("Residual", [](OnnxGraph& graph, const Layer& layer, const std::string& x) {
///       return graph.add("Add", {x, graph.translate(layer.layer("inner"), x)});
///     });
///
/// Several threads: register before several threads export.
void register_onnx_translation(const std::string& type, OnnxTranslation translation);

}  // namespace gradus::inline GRADUS_PRECISION
