#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/files/verify.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <fstream>
#include <limits>

using namespace gradus;

namespace {

/// The error text without the path.
std::string fault(const std::filesystem::path& path) {
  const std::string text = error_text<FileError>([&] { verify_file(path); });
  return text.starts_with(path.string()) ? text.substr(path.string().size() + 2) : text;
}

}  // namespace

TEST_CASE("verify_file: sound files") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  save_model(Sequential{Input{{3}}, Sequential{Dense{4}, BatchNormalization{}}, Dense{2}}, path);
  CHECK_EQ(verify_file(path), "8 tensors, 42 elements, checksums agree, Sequential of 5 layers");
  write_safetensors(path, std::vector<SafeTensor>{{"w", Tensor::ones({1000, 2})}});
  CHECK_EQ(verify_file(path), "1 tensors, 2,000 elements, checksums agree");
  std::ofstream(path) << std::string("\2\0\0\0\0\0\0\0", 8) << "{}";
  CHECK_EQ(verify_file(path), "0 tensors, 0 elements, without checksums");
}

TEST_CASE("verify_file: faults") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  CHECK_EQ(fault(path), "expected a file, got 'No such file or directory'; check the path");
  save_model(Sequential{Input{{3}}, Dense{4}, BatchNormalization{}}, path);
  SafeTensors file = read_safetensors(path);

  const std::string bytes = file_text(path);
  std::string damaged = bytes;
  damaged[bytes.size() - 100] ^= 4;
  std::ofstream(path, std::ios::binary) << damaged;
  CHECK(fault(path).find("the file is damaged, download it again") != std::string::npos);
  std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() - 1);
  CHECK(fault(path).find("the file is truncated, download it again") != std::string::npos);

  const auto with = [&](const std::string& key, const std::string& value) {
    auto metadata = file.metadata;
    metadata[key] = value;
    write_safetensors(path, file.tensors, metadata);
    return fault(path);
  };
  CHECK_EQ(with("gradus.config", "["), "[model file] expected JSON in UTF-8, got something else before byte 2");
  CHECK_EQ(with("gradus.config", "{}"), "[model file] expected a layer with its type, got none");
  CHECK_EQ(with("gradus.config", R"({"type":7})"), "[model file] expected a text as type, got 7");
  CHECK_EQ(with("gradus.config", R"({"type":"a","options":[]})"),
           "[model file] expected an object as options, got an array");
  CHECK_EQ(with("gradus.config", R"({"type":"a","options":{"b":null}})"),
           "[model file] expected a number, a shape or a text as option, got null");
  CHECK_EQ(with("gradus.config", R"({"type":"a","layers":{}})"),
           "[model file] expected an array of layers, got an object");
  CHECK_EQ(with("gradus.input_shape", "3"), "[model file] expected a shape like [28, 28], got 3");
  CHECK_EQ(with("gradus.frozen", "[1]"), "[model file] expected the name of a layer, got 1");

  auto metadata = file.metadata;
  metadata["gradus.checkpoint"] = R"({"version":1,"state":{"a":"b"}})";
  write_safetensors(path, file.tensors, metadata);
  CHECK(verify_file(path).ends_with("the state of a training"));
  CHECK_EQ(with("gradus.checkpoint", R"({"state":{"a":"b"}})"),
           "[checkpoint] expected a version and a state, got neither or one");
  CHECK_EQ(with("gradus.checkpoint", R"({"version":2,"state":{}})"),
           "[checkpoint] expected version 1, got 2; update gradus");
  CHECK_EQ(with("gradus.checkpoint", R"({"version":1,"state":{"a":7}})"), "[model file] expected a text, got 7");
  CHECK_EQ(with("gradus.checkpoint", "{"), "[model file] expected JSON in UTF-8, got something else before byte 2");

  file.tensors[0].value.values()[2] = std::numeric_limits<Real>::quiet_NaN();
  write_safetensors(path, file.tensors, file.metadata);
  CHECK_EQ(fault(path), "expected finite values in dense.kernel, got nan; the file was saved after training failed");
}
