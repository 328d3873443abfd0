#include <gradus/files/pytorch/pytorch.h>

#include <gradus/core/printable.h>
#include <gradus/files/model_tensor.h>
#include <gradus/files/pytorch/counterparts.h>
#include <gradus/files/safetensors.h>

namespace gradus::inline GRADUS_PRECISION {

void export_pytorch(const Layer& model, const std::filesystem::path& path, const PyTorchNames& names) {
  check_model_state(path.string(), model.state());
  std::vector<SafeTensor> tensors;
  // NOLINTNEXTLINE(*-const-cast): only read
  for (const Counterpart& counterpart : counterparts("export_pytorch", const_cast<Layer&>(model), names)) {
    tensors.push_back({counterpart.name, counterpart.to_pytorch()});
  }
  write_safetensors(path, tensors);
}

void import_pytorch(Layer& model, const std::filesystem::path& path, const PyTorchNames& names) {
  const std::vector<Counterpart> expected = counterparts("import_pytorch", model, names);
  const std::string file = path.string();
  std::map<std::string, Tensor> tensors;
  for (auto& [name, value] : read_safetensors(path).tensors) tensors[name] = value;
  std::vector<Tensor> values;
  for (const auto& [tensor, name, axes, order, shape] : expected) {
    const auto found = tensors.find(name);
    check<FileError>(
        found != tensors.end(),
        "{}: expected a tensor {}, for {} of this model, got none; rename tensors with the argument `names`", file,
        name, tensor->name());
    check<FileError>(found->second.shape() == shape, "{}: expected shape {} for {}, {} of this model, got {}", file,
                     shape, name, tensor->name(), found->second.shape());
    check_model_tensor(file, tensor->name(), found->second, "it was saved after training failed");
    values.push_back(found->second);
    tensors.erase(found);
  }
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first.ends_with("num_batches_tracked"); });
  check<FileError>(tensors.empty(), "{}: expected only tensors of this model, got {}", file,
                   tensors.empty() ? "" : printable(tensors.begin()->first));
  for (std::size_t i = 0; i < values.size(); ++i) {
    expected[i].tensor->value().copy_from(expected[i].from_pytorch(values[i]));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
