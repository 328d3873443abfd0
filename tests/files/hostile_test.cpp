// What a file of at most 1 MiB can make a load take.
#include "support/compare.h"
#include "support/sanitized.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>

using namespace gradus;

namespace {

/// A line of /proc/self/status in KiB.
long memory(const std::string& name) {
  const std::string text = file_text("/proc/self/status");
  return std::atol(text.c_str() + text.find(name) + name.size());
}

/// MiB that `load` takes at its peak, in a process of its own; -1 if it throws something else than FileError.
int peak_of(const std::function<void()>& load) {
  const pid_t child = ::fork();
  if (child == 0) {
    release_idle_memory();
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;  // resets the peak
    const long before = memory("VmRSS:");
    try {
      load();
    } catch (const FileError&) {
    } catch (...) {
      ::_exit(255);
    }
    ::_exit(static_cast<int>(std::min(254L, (memory("VmHWM:") - before) / 1024)));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const int result = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  return result == 255 ? -1 : result;
}

std::string repeated(const std::string& text, int times) {
  std::string result = text;
  for (int i = 1; i < times; ++i) result += "," + text;
  return result;
}

}  // namespace

TEST_CASE("no file of 1 MiB takes more than 64 MiB" * doctest::skip(sanitized)) {
  make_layer({"Flatten", {}, {}});  // the tables of layers
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  const auto model = [&](const std::string& layers, const std::string& input) {
    write_safetensors(
        path, {},
        {{"gradus.config", R"({"type":"Sequential","layers":[)" + layers + "]}"}, {"gradus.input_shape", input}});
    REQUIRE(std::filesystem::file_size(path) <= 1 << 20);
    const int peak = peak_of([&] { load_model(path); });
    CHECK(peak >= 0);
    return peak;
  };
  CHECK(model(repeated(R"({"type":"BatchRenormalization"})", 11'999), "[1]") <= 64);
  CHECK(model(repeated(R"({"type":"BatchNormalization"})", 24'000), "[1]") <= 64);
  CHECK(model(R"({"type":"Dense","options":{"units":[)" + repeated("0", 390'000) + "]}}", "[1]") <= 64);
  CHECK(model(repeated(R"({"type":"Dense","options":{"units":1000}})", 20), "[2000]") <= 64);

  std::map<std::string, std::string> many;
  for (int i = 0; i < 90'000; ++i) many[std::to_string(i)];
  write_safetensors(path, {}, many);
  CHECK(peak_of([&] { read_safetensors(path); }) <= 64);
  CHECK(peak_of([&] { Tensor::ones({100, 1 << 18}); }) >= 99);  // the measurement works
}
