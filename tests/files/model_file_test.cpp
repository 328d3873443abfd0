#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/core/storage.h>
#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

struct TemporaryFile {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "model.safetensors";
};

Sequential model_with_everything() {
  return Sequential{Input{{2, 3}},
                    Flatten{},
                    Dense{8, {.use_bias = false}},
                    BatchNormalization{},
                    Activation{"silu"},
                    Dropout{0.1},
                    Sequential{Dense{5, {.activation = "tanh"}}, LayerNormalization{}},
                    Dense{3}};
}

class Scale : public Layer {
 public:
  Variable forward(const Variable& x, Mode) override { return x * *factor_; }

 protected:
  void create_parameters(const Shape& input) override { factor_ = &add_weight("factor", input, "random_normal(1)"); }

 private:
  Parameter* factor_ = nullptr;
};

/// One layer, listed twice.
struct Tied : Layer {
  Dense dense{3};
  Variable forward(const Variable& x, Mode mode) override { return dense(dense(x, mode), mode); }
  Children children() override { return {{"first", dense}, {"second", dense}}; }
};

/// The error text from loading the file after a change of its tensors.
template <class Change>
std::string error_after(const std::filesystem::path& path, Sequential& model, Change change) {
  save_model(model, path);
  SafeTensors file = read_safetensors(path);
  change(file);
  write_safetensors(path, file.tensors, file.metadata);
  const std::string text = error_text<FileError>([&] { load_model(path); });
  CHECK(text.starts_with(path.string() + ": "));
  return text.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("shared weights are saved once, and loaded for all that share them") {
  const TemporaryFile file;
  Sequential model{Input{3}, Tied{}};
  save_model(model, file.path);
  CHECK(read_safetensors(file.path).tensors.size() == 2);
  Sequential copy{Input{3}, Tied{}};
  CHECK(load_weights(copy, file.path).matched.size() == 2);
  const Tensor x = Tensor::normal({4, 3});
  CHECK(same_bits(model.predict(x), copy.predict(x)));
}

TEST_CASE("a loaded model gives the same outputs to the bit") {
  const TemporaryFile file;
  set_seed(1);
  Sequential model = model_with_everything();
  const Tensor x = Tensor::normal({16, 2, 3}, 1, 2);
  model(x, Mode::training);  // moves the moving statistics
  save_model(model, file.path);
  const std::uint32_t next = Generator(default_generator()).next();
  Sequential loaded = load_model(file.path);
  CHECK(default_generator().next() == next);  // loading leaves the default generator unchanged
  const std::uint32_t after = Generator(default_generator()).next();
  error_after(file.path, model, [](SafeTensors& f) { f.tensors.pop_back(); });
  error_after(file.path, model, [](SafeTensors& f) { f.metadata["gradus.input_shape"] = "[2,4]"; });
  CHECK(default_generator().next() == after);  // and so does a failed one
  CHECK(same_bits(loaded.predict(x), model.predict(x)));
  CHECK(loaded.config() == model.config());
  CHECK(loaded.summary() == model.summary());

  Sequential lazy{Dense{4}, Dense{2}};  // no Input: the file has the shape of the first batch
  CHECK(error_text<StateError>([&] {
          save_model(lazy, file.path);
        }).starts_with("[sequential] expected a layer that is built"));
  lazy.build({3});
  save_model(lazy, file.path);
  CHECK(same_bits(load_model(file.path).predict(Tensor::ones({1, 3})), lazy.predict(Tensor::ones({1, 3}))));
}

TEST_CASE("registered custom layers are loaded") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, Scale{}, Dense{2}};
  save_model(model, file.path);
  CHECK(error_text<FileError>([&] { load_model(file.path); }).find("unknown layer type 'Scale'") != std::string::npos);
  Sequential same{Input{{3}}, Scale{}, Dense{2}};
  load_weights(same, file.path);
  CHECK(same_bits(same.predict(Tensor::ones({1, 3})), model.predict(Tensor::ones({1, 3}))));
  register_layer("Scale", [](const Config&) { return std::make_unique<Scale>(); });
  CHECK(same_bits(load_model(file.path).predict(Tensor::ones({1, 3})), model.predict(Tensor::ones({1, 3}))));
}

TEST_CASE("files of other models") {
  const TemporaryFile file;
  Sequential model = model_with_everything();
  CHECK(error_after(file.path, model, [](SafeTensors& f) { f.tensors.erase(f.tensors.begin()); }) ==
        "expected a tensor dense.kernel for this model, got none");
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          std::erase_if(f.tensors, [](const SafeTensor& t) { return t.name.ends_with("moving_mean"); });
        }) == "expected a tensor batch_normalization.moving_mean for this model, got none");
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          f.tensors.push_back({"extra", Tensor::ones({2})});
        }) == "expected only tensors of this model, got extra");
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          f.tensors[0].value = Tensor::ones({2, 2});
        }) == "expected shape (6, 8) for dense.kernel, got (2, 2)");
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          f.tensors[0].value.data()[3] = std::numeric_limits<Real>::infinity();
        }) == "expected finite values in dense.kernel, got inf; the model was saved after its training failed");
  CHECK(error_after(file.path, model, [](SafeTensors& f) { f.tensors.back().value.data()[0] = -1; }) ==
        "expected non-negative values in batch_normalization.moving_variance, got -1");
  CHECK(error_after(file.path, model, [](SafeTensors& f) { f.metadata.clear(); }) ==
        "expected a model with its configuration, got tensors only; build the model in code and use load_weights");
  CHECK(error_after(file.path, model, [](SafeTensors& f) { f.metadata["gradus.config"] = "{"; }) ==
        "[model file] expected JSON in UTF-8, got something else before byte 2");
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          f.metadata["gradus.config"] = R"({"type":"Dense","options":{"units":3}})";
        }) == "[dense] expected input (N, features), got samples of shape (2, 3); put a Flatten before it");
  std::string deep = R"({"type":"Dropout","options":{"rate":0}})";
  for (int i = 0; i < 100; ++i) deep = R"({"type":"Sequential","layers":[)" + deep + "]}";
  CHECK(error_after(file.path, model, [&](SafeTensors& f) { f.metadata["gradus.config"] = deep; }) ==
        "[model file] expected layers nested at most 32 levels deep, got more");
}

TEST_CASE("a file that claims more than it holds takes no memory for it") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, Dense{1}};
  std::int64_t most = 0;
  const auto claim = [&](std::string input, std::string layers) {
    release_idle_memory();
    const std::int64_t before = pool_statistics().bytes_held;
    const std::string text = error_after(file.path, model, [&](SafeTensors& f) {
      f.metadata["gradus.input_shape"] = input;
      f.metadata["gradus.config"] = R"({"type":"Sequential","layers":[)" + layers + "]}";
    });
    most = std::max(most, pool_statistics().bytes_held - before);
    return text;
  };
  const auto refused = [&](std::string input, std::string layers, std::string_view shape) {
    const std::string text = claim(std::move(input), std::move(layers));
    INFO(text);
    CHECK(text.starts_with("[tensor] expected at most "));
    CHECK(text.find(fmt::format(", as the tensors of the file are small, got shape {} with ", shape)) !=
          std::string::npos);
  };
  const std::string dense = R"({"type":"Dense","options":{"units":1000000}})";
  const std::string normalization = R"({"type":"BatchNormalization"})";
  refused("[784]", dense, "(784, 1000000)");
  refused("[1]", R"({"type":"Dense","options":{"units":10000000}})", "(1, 10000000)");
  refused("[3]", R"({"type":"Sequential","layers":[{"type":"Input","options":{"shape":[784]}},)" + dense + "]}",
          "(784, 1000000)");
  refused("[100000000]", normalization, "(1, 100000000)");
  refused("[20000,1000]", R"({"type":"Flatten"},{"type":"Activation","options":{"function":"relu"}})",
          "(1, 20000, 1000)");
  refused("[2000000]", normalization + "," + normalization, "(2000000,)");
  std::string many = normalization;
  for (int i = 0; i < 40; ++i) many += "," + normalization;
  refused("[500000]", many, "(500000,)");
  CHECK(
      claim("[784]", R"({"type":"Dense","options":{"units":22000000000}})") ==
      fmt::format("[shape] expected at most 35184372088832 bytes of elements, got (784, 22000000000) with {:.4g} bytes",
                  784 * 22e9 * sizeof(Real)));
  CHECK(most < 48 << 20);
}

TEST_CASE("sizes, numbers and paths of the configuration are checked") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, Dense{1}};
  const auto with = [&](const char* key, const std::string& value) {
    return error_after(file.path, model, [&](SafeTensors& f) { f.metadata[key] = value; });
  };
  const std::string negative = "[shape] expected sizes of at least 0, got ";
  CHECK(with("gradus.input_shape", "[-900]") == negative + "-900 along axis 0");
  CHECK(with("gradus.input_shape", "[-4,-4]") == negative + "-4 along axis 0");
  CHECK(with("gradus.input_shape", "3") == "[model file] expected a shape like [28, 28], got 3");
  CHECK(with("gradus.input_shape", "[1e300]") == "[model file] expected an integer of 64 bits, got 1e+300");
  CHECK(with("gradus.input_shape", "[18446744073709551615]") ==
        "[model file] expected an integer of 64 bits, got 18446744073709551615");
  CHECK(with("gradus.input_shape", R"([[3]])") == "[model file] expected an integer of 64 bits, got an array");
  CHECK(with("gradus.config", R"({"type":"Dense","options":{"units":18446744073709551615}})") ==
        "[model file] expected an integer of 64 bits, got 18446744073709551615");
  CHECK(with("gradus.frozen", R"(["dense","de\u001bnse_7"])") ==
        R"([model file] expected frozen layers of this model, got 'de\x1bnse_7')");
  const std::string deep = "[model file] expected layers nested at most 32 levels deep, got more";
  CHECK(with("gradus.config", std::string(1 << 20, '[')) == deep);
  CHECK(with("gradus.frozen", std::string(1 << 20, '[')) == deep);
  std::string wide = "[0";
  for (int i = 0; i < 500'000; ++i) wide += ",0";
  CHECK(with("gradus.config", wide + "]") ==
        "[model file] expected a configuration of at most 400000 values, got more");
  std::string layers = R"({"type":"Sequential","layers":[{"type":"Flatten"})";
  for (int i = 0; i < 12'000; ++i) layers += R"(,{"type":"Flatten"})";
  CHECK(with("gradus.config", layers + "]}") == "[model file] expected at most 12000 layers, got more");
}

TEST_CASE("what would not be loaded is not saved, and the file of before stays") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, Dense{2}, BatchNormalization{}};
  save_model(model, file.path);
  const Tensor x = Tensor::normal({4, 3});
  const Tensor before = model.predict(x);
  const auto refused = [&](NamedTensor& tensor, Real value) {
    const Real kept = std::exchange(tensor.value().values()[1], value);
    const std::string text = error_text<FileError>([&] { save_model(model, file.path); });
    tensor.value().values()[1] = kept;
    CHECK(same_bits(load_model(file.path).predict(x), before));
    return text.substr(std::min(text.size(), file.path.string().size()));
  };
  const std::string cure = "; the file is not written, as the training has failed";
  CHECK_EQ(refused(model.parameters()["dense.kernel"], std::numeric_limits<Real>::quiet_NaN()),
           ": expected finite values in dense.kernel, got nan" + cure);
  CHECK_EQ(refused(model.buffers()["batch_normalization.moving_mean"], -std::numeric_limits<Real>::infinity()),
           ": expected finite values in batch_normalization.moving_mean, got -inf" + cure);
  CHECK_EQ(refused(model.buffers()["batch_normalization.moving_variance"], -1),
           ": expected non-negative values in batch_normalization.moving_variance, got -1");

  std::unique_ptr<Layer> deep = std::make_unique<Dense>(2);
  for (int i = 0; i < 33; ++i) {
    std::vector<std::unique_ptr<Layer>> inner;
    inner.push_back(std::move(deep));
    deep = std::make_unique<Sequential>(std::move(inner));
  }
  deep->build({3});
  CHECK_EQ(error_text<ValueError>([&] { save_model(*deep, file.path); }),
           "[model file] expected layers nested at most 32 levels deep, got more");
  CHECK(same_bits(load_model(file.path).predict(x), before));
}

TEST_CASE("a file is loaded whole while another one takes its place") {
  const TemporaryFile file;
  Sequential small{Input{{3}}, Dense{1}}, large{Input{{3}}, Dense{50}, Dense{1}};
  save_model(small, file.path);
  std::atomic<bool> stop{false};
  std::thread saver([&] {
    while (!stop) {
      save_model(large, file.path);
      save_model(small, file.path);
    }
  });
  std::string text = "no error";
  for (int i = 0; i < 1000 && text == "no error"; ++i) text = error_text<FileError>([&] { load_model(file.path); });
  stop = true;
  saver.join();
  CHECK_EQ(text, "no error");
}

TEST_CASE("large weights and large samples are loaded") {
  const TemporaryFile file;
  Sequential wide{Input{{2, 250'000}}, Flatten{}, Activation{"relu"}, Dense{20}, Dense{20}};  // 40 MB of weights
  save_model(wide, file.path);
  CHECK(load_model(file.path).parameters().size() == 4);
  Sequential free_of_weights{Input{{1'000'000}}, Activation{"relu"}, Activation{"relu"}};
  save_model(free_of_weights, file.path);
  CHECK(load_model(file.path).input_shape() == Shape{1'000'000});
}

TEST_CASE("a file of another model leaves the model unchanged") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, Dense{4}, Dense{2}};
  Sequential other{Input{{3}}, Dense{4}, Dense{5}};  // the first layer would fit
  save_model(other, file.path);
  const Tensor before = model.parameters()["dense.kernel"].value().clone();
  CHECK_THROWS_AS(load_weights(model, file.path), FileError);
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), before));
}

TEST_CASE("the buffers of batch renormalization are saved and checked") {
  const TemporaryFile file;
  Sequential model{Input{{3}}, BatchRenormalization{{.batch = {.momentum = std::nullopt}}}};
  model(Tensor::normal({8, 3}, 1, 2), Mode::training);
  save_model(model, file.path);
  Sequential loaded = load_model(file.path);
  for (const Buffer& buffer : model.buffers()) {
    CHECK(same_bits(loaded.buffers()[buffer.name()].value(), buffer.value()));
  }
  CHECK(loaded.buffers()["batch_renormalization.num_batches_tracked"].value().item() == 1);
  CHECK(error_after(file.path, model, [](SafeTensors& f) {
          for (SafeTensor& tensor : f.tensors) {
            if (tensor.name.ends_with("renorm_stddev")) tensor.value.data()[1] = -1;
          }
        }) == "expected non-negative values in batch_renormalization.renorm_stddev, got -1");
}

TEST_CASE("frozen layers are frozen in a loaded model") {
  const TemporaryFile file;
  Sequential model = model_with_everything();
  model.freeze("batch_normalization");
  model.freeze("sequential");
  model.unfreeze("sequential.layer_normalization");
  save_model(model, file.path);
  Sequential loaded = load_model(file.path);
  CHECK(loaded.summary() == model.summary());
  for (const Child& child : model.descendants()) {
    INFO(child.name);
    CHECK(loaded.layer(child.name).trainable() == child.layer.trainable());
  }
  model.freeze();
  save_model(model, file.path);
  CHECK_FALSE(load_model(file.path).trainable());
}

TEST_CASE("loading that is not strict loads matching tensors and reports the others") {
  const TemporaryFile file;
  Sequential trained{Input{{3}}, Dense{4, {.use_bias = false}}, BatchNormalization{}, Dense{5}};
  trained(Tensor::normal({8, 3}, 1, 2), Mode::training);
  save_model(trained, file.path);
  Sequential model{Input{{3}}, Dense{4, {.use_bias = false}}, BatchNormalization{}, Dense{2}, LayerNormalization{}};
  const Tensor head = model.parameters()["dense_1.kernel"].value().clone();
  const LoadReport report = load_weights(model, file.path, {.strict = false});
  CHECK(to_string(report) ==
        "5 tensors matched\n"
        "missing in the file: dense_1.kernel\n"
        "missing in the file: dense_1.bias\n"
        "missing in the file: layer_normalization.gamma\n"
        "missing in the file: layer_normalization.beta\n"
        "unexpected in the file: dense_1.kernel\n"
        "unexpected in the file: dense_1.bias\n");
  CHECK(report.matched == std::vector<std::string>{"dense.kernel", "batch_normalization.gamma",
                                                   "batch_normalization.beta", "batch_normalization.moving_mean",
                                                   "batch_normalization.moving_variance"});
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), trained.parameters()["dense.kernel"].value()));
  CHECK(same_bits(model.buffers()["batch_normalization.moving_mean"].value(),
                  trained.buffers()["batch_normalization.moving_mean"].value()));
  CHECK(same_bits(model.parameters()["dense_1.kernel"].value(), head));

  Sequential same{Input{{3}}, Dense{4, {.use_bias = false}}, BatchNormalization{}, Dense{5}};
  CHECK(load_weights(same, file.path).matched.size() == 7);
  // Values are checked all the same.
  SafeTensors broken = read_safetensors(file.path);
  broken.tensors[0].value.data()[0] = std::numeric_limits<Real>::quiet_NaN();
  write_safetensors(file.path, broken.tensors, broken.metadata);
  CHECK(error_text<FileError>([&] { load_weights(model, file.path, {.strict = false}); })
            .ends_with("expected finite values in dense.kernel, got nan; the model was saved after its training "
                       "failed"));
}

TEST_CASE("load_model needs a Sequential, load_weights any layer") {
  const TemporaryFile file;
  Dense layer{2};
  layer.build({3});
  save_model(layer, file.path);
  CHECK(error_text<FileError>([&] {
          load_model(file.path);
        }).ends_with("expected a Sequential, got a Dense; build the layer in code and use load_weights"));
  Dense same{2};
  same.build({3});
  CHECK(load_weights(same, file.path).matched.size() == 2);
}
