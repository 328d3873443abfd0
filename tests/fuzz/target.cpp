#include "target.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

std::filesystem::path seed_folder;
int seeds = 0;

void write_seed(std::string_view bytes) {
  std::ofstream(seed_folder / fmt::format("seed_{:05}", seeds++), std::ios::binary) << bytes;
}

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The position of the first digit from `start` on.
std::size_t find_number(std::string_view text, std::size_t start) { return text.find_first_of("0123456789", start); }

std::size_t end_of_number(std::string_view text, std::size_t start) {
  return std::min(text.size(), text.find_first_not_of("0123456789", start));
}

}  // namespace

void seed(std::string_view bytes) {
  write_seed(bytes);
  write_seed(bytes.substr(0, bytes.size() - 1));
  write_seed(bytes.substr(0, bytes.size() / 2));
  write_seed(std::string(bytes) + '\0');
  write_seed(std::string(bytes) + std::string(bytes));
  constexpr std::array<std::string_view, 8> numbers{
      "0", "-1", "1e999", "2147483648", "4611686018427387904", "9223372036854775808", "18446744073709551616", "null"};
  for (std::size_t i = 0; (i = find_number(bytes, i)) != bytes.npos;) {
    const std::size_t end = end_of_number(bytes, i);
    for (const std::string_view number : numbers) {
      write_seed(fmt::format("{}{}{}", bytes.substr(0, i), number, bytes.substr(end)));
    }
    i = end;
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 24); ++i) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string changed(bytes);
      changed[i] = static_cast<char>(changed[i] ^ change);
      write_seed(changed);
    }
  }
}

MemoryFile::MemoryFile(std::string_view bytes)
    : descriptor_(memfd_create("fuzz", 0)), path_(fmt::format("/proc/self/fd/{}", descriptor_)) {
  const auto size = static_cast<ssize_t>(bytes.size());
  require(descriptor_ >= 0 && write(descriptor_, bytes.data(), bytes.size()) == size, "no memory for a file");
}

MemoryFile::MemoryFile(Bytes bytes) : MemoryFile(text_of(bytes)) {}

MemoryFile::~MemoryFile() { close(descriptor_); }

void require(bool condition, std::string_view text) {
  if (condition) return;
  fmt::print(stderr, "finding: {}\n", text);
  std::abort();
}

void require_readable(std::string_view text) {
  const bool control = std::ranges::any_of(text, [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; });
  require(!control && text.size() <= 2000, fmt::format("an unreadable error text: {:?}", text));
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({data, size});
  return 0;
}

/// With SEEDS=<folder>, writes the seeds there in place of fuzzing.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (const char* folder = std::getenv("SEEDS")) {
    seed_folder = folder;
    std::filesystem::create_directories(seed_folder);
    make_seeds();
    std::exit(0);
  }
  return 0;
}
