#include <gradus/files/pytorch/pytorch.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

/// Every kind of tensor and layout.
Sequential model_of_images() {
  return Sequential{Input{{4, 5, 3}},
                    Standardize{},
                    Conv2D{4, {2, 3}, {.activation = "relu"}},
                    BatchNormalization{{.momentum = std::nullopt}},
                    Dropout{0.1},
                    DepthwiseConv2D{2},
                    Flatten{},
                    BatchRenormalization{},
                    Activation{"tanh"},
                    Sequential{Input{16}, Dense{5, {.activation = "gelu"}}, RMSNormalization{}},
                    Dense{2, {.use_bias = false}}};
}

void draw_values(Layer& model) {
  for (NamedTensor& tensor : model.state()) tensor.value().copy_from(Tensor::uniform(tensor.shape(), 0.5, 2));
}

std::map<std::string, Tensor> read(const std::filesystem::path& path) {
  std::map<std::string, Tensor> result;
  for (const SafeTensor& tensor : read_safetensors(path).tensors) result[tensor.name] = tensor.value;
  return result;
}

std::vector<std::string> names_and_shapes(const std::filesystem::path& path) {
  std::vector<std::string> result;
  for (const auto& [name, value] : read_safetensors(path).tensors) {
    result.push_back(fmt::format("{} {}", name, value.shape()));
  }
  return result;
}

/// A custom layer, with a tensor of its own and one layer within.
class Scaled : public Layer {
 public:
  explicit Scaled(std::unique_ptr<Layer> inner) : inner_(std::move(inner)) {}
  Children children() override { return {{"inner", *inner_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return (*inner_)(x * *factor_, mode); }
  void create_parameters(const Shape& input) override { factor_ = &add_weight("factor", input, "ones"); }

 private:
  std::unique_ptr<Layer> inner_;
  Parameter* factor_ = nullptr;
};

}  // namespace

TEST_CASE("PyTorch: names and shapes are those of torch.nn") {
  const TemporaryFolder folder;
  const Sequential model = model_of_images();
  export_pytorch(model, folder / "model.safetensors");
  CHECK_EQ(names_and_shapes(folder / "model.safetensors"),
           std::vector<std::string>{
               "0.mean (3, 4, 5)",
               "0.standard_deviation (3, 4, 5)",  // Input is not a module
               "1.weight (4, 3, 2, 3)",
               "1.bias (4,)",  // Conv2d; 2 is its activation
               "3.weight (4,)",
               "3.bias (4,)",  // BatchNorm2d
               "3.running_mean (4,)",
               "3.running_var (4,)",        //
               "3.num_batches_tracked ()",  //
               "5.weight (4, 1, 2, 2)",
               "5.bias (4,)",  // Conv2d with groups
               "7.weight (16,)",
               "7.bias (16,)",  // behind Flatten
               "7.running_mean (16,)",
               "7.running_var (16,)",  //
               "7.renorm_mean (16,)",
               "7.renorm_stddev (16,)",  //
               "9.0.weight (5, 16)",
               "9.0.bias (5,)",
               "9.2.weight (5,)",   // Linear, GELU, RMSNorm
               "10.weight (2, 5)",  //
           });
}

TEST_CASE("PyTorch: elements are where channels first has them") {
  const TemporaryFolder folder;
  Sequential model = model_of_images();
  draw_values(model);
  export_pytorch(model, folder / "model.safetensors");
  const auto file = read(folder / "model.safetensors");
  const Layer& layers = model;
  const auto ours = [&](const char* name) {
    for (const NamedTensor& tensor : layers.state()) {
      if (tensor.name() == name) return tensor.value();
    }
    return Tensor{};
  };
  CHECK_EQ(file.at("0.mean")(2, 1, 4), ours("standardize.mean")(1, 4, 2));
  CHECK_EQ(file.at("1.weight")(3, 2, 1, 0), ours("conv2d.kernel")(1, 0, 2, 3));
  CHECK_EQ(file.at("5.weight")(3, 0, 1, 0), ours("depthwise_conv2d.kernel")(1, 0, 0, 3));
  CHECK_EQ(file.at("10.weight")(1, 3), ours("dense.kernel")(3, 1));
  // Images (2, 2, 4) are flattened: position (i, j) of channel c is element 8 i + 4 j + c here, 4 c + 2 i + j there.
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 2; ++j) {
      for (Index c = 0; c < 4; ++c) {
        const Index here = 8 * i + 4 * j + c, there = 4 * c + 2 * i + j;
        REQUIRE_EQ(file.at("7.running_var")(there), ours("batch_renormalization.moving_variance")(here));
        REQUIRE_EQ(file.at("9.0.weight")(4, there), ours("sequential.dense.kernel")(here, 4));
      }
    }
  }
  CHECK(same_bits(file.at("9.0.bias"), ours("sequential.dense.bias")));
}

TEST_CASE("PyTorch: what was exported is imported to the same bits, in any order, with counts of batches or without") {
  const TemporaryFolder folder;
  Sequential model = model_of_images();
  draw_values(model);
  export_pytorch(model, folder / "model.safetensors");
  std::vector<SafeTensor> tensors = read_safetensors(folder / "model.safetensors").tensors;
  std::ranges::reverse(tensors);
  tensors.push_back({"7.num_batches_tracked", Tensor::full({}, 3)});  // which this layer does not count
  write_safetensors(folder / "reversed.safetensors", tensors);
  Sequential copy = model_of_images();
  import_pytorch(copy, folder / "reversed.safetensors");
  for (std::size_t i = 0; i < model.state().size(); ++i) {
    CHECK_MESSAGE(same_bits(copy.state()[i].value(), model.state()[i].value()), model.state()[i].name());
  }
}

TEST_CASE("PyTorch: other names, by layer and by tensor, and custom layers") {
  const TemporaryFolder folder;
  Sequential model{Input{3}, Sequential{Dense{4}, Scaled{std::make_unique<Dense>(2)}}, Dense{2}};
  draw_values(model);
  const PyTorchNames names{{"sequential", "encoder"}, {"sequential.dense", "encoder.first"}, {"dense.bias", "offset"}};
  export_pytorch(model, folder / "model.safetensors", names);
  CHECK_EQ(names_and_shapes(folder / "model.safetensors"),
           std::vector<std::string>{"encoder.first.weight (4, 3)", "encoder.first.bias (4,)", "encoder.1.factor (4,)",
                                    "encoder.1.inner.weight (2, 4)", "encoder.1.inner.bias (2,)", "1.weight (2, 2)",
                                    "offset (2,)"});
  Sequential copy{Input{3}, Sequential{Dense{4}, Scaled{std::make_unique<Dense>(2)}}, Dense{2}};
  import_pytorch(copy, folder / "model.safetensors", names);
  CHECK(same_bits(copy.predict(Tensor::ones({1, 3})), model.predict(Tensor::ones({1, 3}))));

  const auto error = [&](const PyTorchNames& wrong) {
    return error_text<ValueError>([&] { export_pytorch(model, folder / "x", wrong); });
  };
  CHECK(error({{"sequential.dence", "x"}})
            .starts_with(
                "[export_pytorch] unknown layer or tensor 'sequential.dence', did you mean 'sequential.dense'?"));
  CHECK_EQ(error({{"dense.kernel", "w"}, {"dense.bias", "w"}}),
           "[export_pytorch] expected another name for every tensor, got 'w' for dense.bias too");
  CHECK_FALSE(std::filesystem::exists(folder / "x"));
}

TEST_CASE("PyTorch: models that another order of elements changes are refused") {
  const auto error = [](Sequential model) {
    return error_text<ValueError>([&] { export_pytorch(model, "not written"); });
  };
  CHECK_EQ(error(Sequential{Input{{2, 2, 3}}, Flatten{}}),
           "[export_pytorch] expected outputs in the same order as in PyTorch, which has channels first, got images "
           "(2, 2, 3) that are flattened at the end; put a Dense behind the Flatten, or leave it out");
  CHECK_EQ(error(Sequential{Input{12}, Reshape{{2, 2, 3}}, Conv2D{1, 2}}),
           "[export_pytorch] expected a Reshape that does the same in PyTorch, which has channels first, got 'reshape' "
           "from (12,) to (2, 2, 3); use Flatten, or images of one channel");
  CHECK_EQ(error(Sequential{Input{{2, 2, 3}}, Flatten{}, GroupNormalization{{.groups = 3}}, Dense{1}}),
           "[export_pytorch] expected features in the same order as in PyTorch, which has channels first, got those of "
           "flattened images (2, 2, 3) as input of 'group_normalization' (GroupNormalization); put it before the "
           "Flatten, or a Dense between");
  CHECK_EQ(error(Sequential{Input{{2, 2, 3}}, Flatten{}, Scaled{std::make_unique<Dense>(1)}}).substr(0, 163),
           "[export_pytorch] expected features in the same order as in PyTorch, which has channels first, got those of "
           "flattened images (2, 2, 3) as input of 'scaled' (Scaled)");
  CHECK_EQ(
      error(Sequential{Input{{2, 2, 3}}, Scaled{std::make_unique<Flatten>()}, Dense{1}}),
      "[export_pytorch] expected a Flatten of images in a Sequential, which says what follows it, got one of images "
      "(2, 2, 3) in 'scaled' (Scaled); put it and the Dense behind it into a Sequential");

  const TemporaryFolder folder;  // the same order in both: one channel, or one position
  const auto fine = [&](Sequential model) { export_pytorch(model, folder / "fine"); };
  fine(Sequential{Input{12}, Reshape{{3, 4, 1}}, Conv2D{3, {3, 4}}, Flatten{}, GroupNormalization{{.groups = 3}}});
  fine(Sequential{Input{{2, 3}}, Flatten{}});
  Sequential own{Input{{2, 2, 3}}, Sequential{Flatten{}, Dense{2}}};
  fine(std::move(own));
}

TEST_CASE("PyTorch: files that do not fit leave the model unchanged") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  Sequential model{Input{3}, Dense{2}, BatchNormalization{}};
  export_pytorch(model, path);
  const std::vector<SafeTensor> sound = read_safetensors(path).tensors;
  draw_values(model);
  const Tensor before = model.parameters()[0].value().clone();
  const auto error = [&](std::vector<SafeTensor> tensors) {
    write_safetensors(path, tensors);
    const std::string text = error_text<FileError>([&] { import_pytorch(model, path); });
    CHECK(same_bits(model.parameters()[0].value(), before));
    return text.substr(0, path.string().size()) == path.string() ? text.substr(path.string().size()) : text;
  };
  auto tensors = sound;
  tensors.pop_back();
  CHECK_EQ(error(tensors),
           ": expected a tensor 1.running_var, for batch_normalization.moving_variance of this model, got none; rename "
           "tensors with the argument `names`");
  tensors = sound;
  tensors[0].value = tensors[0].value.reshape({3, 2});
  CHECK_EQ(error(tensors), ": expected shape (2, 3) for 0.weight, dense.kernel of this model, got (3, 2)");
  tensors = sound;
  tensors.push_back({"2.weight", Tensor::ones({2})});
  CHECK_EQ(error(tensors), ": expected only tensors of this model, got 2.weight");
  tensors = sound;
  tensors[3].value = Tensor::full({2}, std::numeric_limits<Real>::infinity());
  CHECK_EQ(error(tensors),
           ": expected finite values in batch_normalization.beta, got inf; it was saved after training failed");
  tensors = sound;
  tensors.back().value = Tensor::full({2}, -1);
  CHECK_EQ(error(tensors), ": expected non-negative values in batch_normalization.moving_variance, got -1");

  model.parameters()[0].value().fill(std::numeric_limits<Real>::quiet_NaN());
  const auto other = folder / "other.safetensors";
  CHECK_EQ(
      error_text<FileError>([&] { export_pytorch(model, other); }),
      other.string() +
          ": expected finite values in dense.kernel, got nan; the file is not written, as the training has failed");
}
