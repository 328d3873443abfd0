#include <gradus/train/checkpoint/checkpoint_file.h>

#include <gradus/core/printable.h>
#include <gradus/files/model_tensor.h>
#include <gradus/files/safetensors.h>
#include <gradus/files/training_state.h>

#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

class Writer : public Archive {
 public:
  bool restoring() const override { return false; }

  std::vector<SafeTensor> tensors;
  TrainingTexts texts;

 private:
  void visit_tensor(const std::string& name, Tensor& value) override { tensors.push_back({name, value}); }
  void visit_text(const std::string& name, std::string& text) override { texts[name] = text; }
};

/// Compares what is visited with a checkpoint, or restores it.
class Reader : public Archive {
 public:
  Reader(const SavedTraining& saved, bool restoring) : saved_(saved), restoring_(restoring) {}
  bool restoring() const override { return restoring_; }

  /// Throws StateError if the checkpoint has more than was visited.
  void check_complete() const {
    const auto check_visited = [this](const auto& all) {
      for (const auto& [name, value] : all) {
        check<StateError>(visited_.contains(name), "{}: expected a training with the state {}, got one without; {}",
                          saved_.path, printable(name), cure);
      }
    };
    check_visited(saved_.tensors);
    check_visited(saved_.texts);
  }

 private:
  static constexpr const char* cure = "resume with the model, optimizer, data and callbacks of the saved training";

  template <class T>
  const T& find(const std::map<std::string, T>& all, const std::string& name) {
    visited_.insert(name);
    const auto found = all.find(name);
    check<StateError>(found != all.end(), "{}: expected the state {} of this training, got none; {}", saved_.path, name,
                      cure);
    return found->second;
  }

  void visit_tensor(const std::string& name, Tensor& value) override {
    const Tensor& saved = find(saved_.tensors, name);
    if (!value.defined()) {
      if (restoring_) value = saved.clone();
      return;
    }
    check<StateError>(saved.shape() == value.shape(), "{}: expected shape {} for {}, got {}; {}", saved_.path,
                      value.shape(), name, saved.shape(), cure);
    if (restoring_) value.copy_from(saved);
  }
  void visit_text(const std::string& name, std::string& text) override { text = find(saved_.texts, name); }

  const SavedTraining& saved_;
  bool restoring_;
  std::set<std::string> visited_;
};

}  // namespace

void save_checkpoint(const TrainingState& state, const std::filesystem::path& path) {
  check_model_state(path.string(), state.model.state());
  Writer writer;
  state.visit_state(writer);
  write_safetensors(path, writer.tensors, {to_metadata(writer.texts)});
}

SavedTraining read_checkpoint(const std::filesystem::path& path) {
  SavedTraining saved{path.string(), {}, {}};
  SafeTensors file = read_safetensors(path);
  check<FileError>(has_training_state(file.metadata),
                   "{}: expected a checkpoint, got tensors without the state of a training", saved.path);
  saved.texts = training_state_from(saved.path, file.metadata);
  for (SafeTensor& tensor : file.tensors) saved.tensors.emplace(std::move(tensor.name), std::move(tensor.value));
  return saved;
}

void restore(const SavedTraining& saved, TrainingState& state) {
  try {
    Reader comparison(saved, /*restoring=*/false);
    state.visit_state(comparison);
    for (const NamedTensor& tensor : state.model.state()) {
      check_model_tensor(saved.path, tensor.name(), saved.tensors.at("model." + tensor.name()),
                         "the training had failed when it was saved");
    }
    Reader reader(saved, /*restoring=*/true);
    state.visit_state(reader);
    reader.check_complete();
  } catch (const StateError& error) {
    const std::string text = error.what();
    throw StateError(text.starts_with(saved.path) ? text : fmt::format("{}: {}", saved.path, text));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
