#include <gradus/train/checkpoint/checkpoint_file.h>

#include <gradus/core/printable.h>
#include <gradus/files/json.h>
#include <gradus/files/safetensors.h>

#include <cmath>
#include <map>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr const char* key = "gradus.checkpoint";
constexpr Index version = 1;
constexpr JsonLimits limits{4, "names and texts", 400'000};

void check_finite(const std::string& path, const std::string& name, const Tensor& value) {
  for (const Real number : value.values()) {
    check<FileError>(std::isfinite(number),
                     "{}: expected finite values in {}, got {}; the file is not written, as the training has failed",
                     path, name, number);
  }
}

class Writer : public Archive {
 public:
  bool restoring() const override { return false; }

  std::vector<SafeTensor> tensors;
  std::string state;  // entries of a JSON object

 private:
  void visit_tensor(const std::string& name, Tensor& value) override { tensors.push_back({name, value}); }
  void visit_text(const std::string& name, std::string& text) override {
    state += fmt::format("{}{}:{}", state.empty() ? "" : ",", json_text(name), json_text(text));
  }
};

}  // namespace

struct CheckpointFile::Content {
  std::string path;
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> texts;
};

namespace {

/// Compares what is visited with a checkpoint, or restores it.
template <class Content>
class Reader : public Archive {
 public:
  Reader(const Content& content, bool restoring) : content_(content), restoring_(restoring) {}
  bool restoring() const override { return restoring_; }

  /// Throws StateError if the checkpoint has more than was visited.
  void check_complete() const {
    const auto check_visited = [this](const auto& all) {
      for (const auto& [name, value] : all) {
        check<StateError>(visited_.contains(name), "{}: expected a training with the state {}, got one without; {}",
                          content_.path, printable(name), cure);
      }
    };
    check_visited(content_.tensors);
    check_visited(content_.texts);
  }

 private:
  static constexpr const char* cure = "resume with the model, optimizer, data and callbacks of the saved training";

  template <class T>
  const T& find(const std::map<std::string, T>& all, const std::string& name) {
    visited_.insert(name);
    const auto found = all.find(name);
    check<StateError>(found != all.end(), "{}: expected the state {} of this training, got none; {}", content_.path,
                      name, cure);
    return found->second;
  }

  void visit_tensor(const std::string& name, Tensor& value) override {
    const Tensor& saved = find(content_.tensors, name);
    if (!value.defined()) {
      if (restoring_) value = saved.clone();
      return;
    }
    check<StateError>(saved.shape() == value.shape(), "{}: expected shape {} for {}, got {}; {}", content_.path,
                      value.shape(), name, saved.shape(), cure);
    if (restoring_) value.copy_from(saved);
  }
  void visit_text(const std::string& name, std::string& text) override { text = find(content_.texts, name); }

  const Content& content_;
  bool restoring_;
  std::set<std::string> visited_;
};

}  // namespace

void save_checkpoint(const TrainingState& state, const std::filesystem::path& path) {
  for (const NamedTensor& tensor : state.model.state()) check_finite(path.string(), tensor.name(), tensor.value());
  Writer writer;
  state.visit_state(writer);
  const std::string content = fmt::format("{{\"version\":{},\"state\":{{{}}}}}", version, writer.state);
  write_safetensors(path, writer.tensors, {{key, content}});
}

CheckpointFile::CheckpointFile(const std::filesystem::path& path) : content_(std::make_unique<Content>()) {
  content_->path = path.string();
  SafeTensors file = read_safetensors(path);
  const auto found = file.metadata.find(key);
  check<FileError>(found != file.metadata.end(),
                   "{}: expected a checkpoint, got tensors without the state of a training", content_->path);
  try {
    const Json content = parse_json(found->second, limits);
    const Json* const saved = content.find("version");
    const Json* const state = content.find("state");
    check(saved != nullptr && state != nullptr, "[checkpoint] expected a version and a state, got neither or one");
    check(saved->as<Index>("a version") == version, "[checkpoint] expected version {}, got {}; update gradus",
          Index{version}, saved->as<Index>("a version"));
    const JsonObject& texts = state->as<JsonObject>("names and texts");
    for (std::size_t i = 0; i < texts.keys.size(); ++i) {
      content_->texts[texts.keys[i]] = texts.values[i].as<std::string>("a text");
    }
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", content_->path, error.what()));
  }
  for (SafeTensor& tensor : file.tensors) content_->tensors.emplace(std::move(tensor.name), std::move(tensor.value));
}

CheckpointFile::~CheckpointFile() = default;

void CheckpointFile::restore(TrainingState& state) const {
  try {
    Reader comparison(*content_, /*restoring=*/false);
    state.visit_state(comparison);
    Reader reader(*content_, /*restoring=*/true);
    state.visit_state(reader);
    reader.check_complete();
  } catch (const StateError& error) {
    const std::string text = error.what();
    throw StateError(text.starts_with(content_->path) ? text : fmt::format("{}: {}", content_->path, text));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
