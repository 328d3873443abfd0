// Works with model files: shows and verifies them, and exports them for other frameworks. `gradus --help` lists the
// commands.
#include "../command_line.h"

#include <gradus/core/about/about.h>
#include <gradus/core/printable.h>
#include <gradus/files/model_file.h>
#include <gradus/files/numpy.h>
#include <gradus/files/onnx/onnx.h>
#include <gradus/files/pytorch/pytorch.h>
#include <gradus/files/verify.h>

#include <filesystem>

namespace {

/// A format to export to.
struct Format {
  std::string name;
  std::string ending;  // of the file
  void (*write)(const gradus::Layer& model, const std::filesystem::path& path);
};

/// Its weights and buffers, by their names.
void write_npz(const gradus::Layer& model, const std::filesystem::path& path) {
  std::vector<gradus::SafeTensor> tensors;
  for (const gradus::NamedTensor& tensor : model.state()) tensors.push_back({tensor.name(), tensor.value()});
  gradus::save_npz(path, tensors);
}

const std::vector<Format> formats{
    {"onnx", ".onnx", gradus::export_onnx},
    {"pytorch", ".pytorch.safetensors",
     [](const gradus::Layer& model, const std::filesystem::path& path) { gradus::export_pytorch(model, path); }},
    {"npz", ".npz", write_npz},
};

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format& format : formats) names.push_back(format.name);
  return names;
}

void export_model(const std::string& file, const std::string& format_name, std::string output) {
  const auto format = std::ranges::find(formats, format_name, &Format::name);
  if (output.empty()) output = std::filesystem::path(file).replace_extension(format->ending).string();
  format->write(gradus::load_model(file), output);
  fmt::print("{}\n", gradus::printable(output));
}

void verify(const std::string& file) { fmt::print("{}: {}\n", gradus::printable(file), gradus::verify_file(file)); }

void show(const std::string& file) { fmt::print("{}\n", gradus::load_model(file).summary()); }

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Shows and verifies model files of gradus, and exports them for other frameworks."};
  app.name("gradus");
  app.set_version_flag("--version", gradus::about());
  app.require_subcommand(1);
  std::string file, to, output;
  const auto command = [&](const char* name, const char* help) {
    CLI::App* const sub = app.add_subcommand(name, help);
    sub->add_option("file", file, "model file (safetensors), as save_model writes it")->type_name("FILE")->required();
    return sub;
  };
  CLI::App* const exporting = command("export", "write the model for another framework");
  add_name(*exporting, "--to", to, "format", format_names())->required();
  const auto output_option =
      exporting->add_option("-o,--output", output, "default: the name of the model file with another ending")
          ->type_name("FILE");
  CLI::App* const verifying = command("verify", "read the whole file, and say whether it is sound");
  command("show", "print layers, shapes and numbers of parameters");
  parse(app, argc, argv);
  std::error_code missing;  // which is another error, later
  require(output_option, !std::filesystem::equivalent(file, output, missing), "names the model file itself, '{}'",
          output);
  return run_program("gradus", [&] {
    if (*exporting) {
      export_model(file, to, output);
    } else if (*verifying) {
      verify(file);
    } else {
      show(file);
    }
    return 0;
  });
}
