#include <gradus/files/safetensors.h>

#include "support/temporary_folder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

namespace fs = std::filesystem;

/// A folder for one file.
struct Folder : TemporaryFolder {
  using TemporaryFolder::TemporaryFolder;
  fs::path file = path() / "model.safetensors";
};

void put(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string length_of(std::uint64_t size) {
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes;
}

/// A file without checksums, as from another program.
std::string foreign(const std::string& header, const std::string& data = "") {
  return length_of(header.size()) + header + data;
}

/// The error text from reading these bytes, without the path.
std::string read_error(const std::string& bytes) {
  const Folder folder;
  put(folder.file, bytes);
  try {
    read_safetensors(folder.file);
  } catch (const FileError& error) {
    const std::string start = folder.file.string() + ": ";
    REQUIRE(std::string(error.what()).starts_with(start));
    return std::string(error.what()).substr(start.size());
  }
  return "no error";
}

/// The error text from reading a header for 8 bytes of data, without the path and the common start.
std::string header_error(const std::string& header) {
  const std::string text = read_error(foreign(header, std::string(8, '\1')));
  const std::string start = "in the header before offset ";
  if (!text.starts_with(start)) return text;
  const std::size_t end = text.find(", expected ");
  REQUIRE(end != std::string::npos);
  const auto offset = static_cast<std::size_t>(std::stoul(text.substr(start.size(), end - start.size())));
  CHECK(offset > 8);
  CHECK(offset <= 8 + header.size() + 1);
  return text.substr(end + 2);
}

/// The error text from writing, without the path.
std::string write_error(const std::vector<SafeTensor>& tensors,
                        const std::map<std::string, std::string>& metadata = {}) {
  const Folder folder;
  try {
    write_safetensors(folder.file, tensors, metadata);
  } catch (const FileError& error) {
    CHECK(fs::is_empty(folder.path()));
    const std::string start = folder.file.string() + ": ";
    REQUIRE(std::string(error.what()).starts_with(start));
    return std::string(error.what()).substr(start.size());
  }
  return "no error";
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.values().size_bytes()) == 0;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t position = text.find(from);
  REQUIRE(position != std::string::npos);
  return text.replace(position, from.size(), to);
}

std::size_t header_end(const std::string& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof(length));
  return sizeof(length) + length;
}

/// Bit by bit, from the definition in ISO 3309.
std::string crc32_of(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
  }
  return fmt::format("{:08x}", ~crc);
}

std::vector<SafeTensor> samples() {
  Generator generator(1);
  using Limits = std::numeric_limits<Real>;
  return {
      {"dense.kernel", Tensor::normal({7, 13}, 0, 1, generator)},
      {"scalar", Tensor::full({}, Real(0.1))},
      {"no rows", Tensor::empty({0, 5})},
      {"no values", Tensor::empty({0})},
      {"special", Tensor::from({0, -Real(0), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                                Limits::denorm_min(), Limits::max(), Limits::lowest()})},
      {"six axes", Tensor::uniform({1, 2, 3, 1, 2, 1}, -1, 1, generator)},
      {"Größe \"x\" \\ /", Tensor::ones({1})},
      {"rows of a larger one", Tensor::uniform({9, 3}, 0, 1, generator).rows(2, 5)},
      {"large", Tensor::normal({20'011}, 0, 1, generator)},
      {std::string(1024, 'n'), Tensor::ones({2})},
  };
}

TEST_CASE("safetensors: a file is read back to the bit") {
  const Folder folder;
  const auto tensors = samples();
  write_safetensors(folder.file, tensors,
                    {{"config", "{\"a\": [1,\n2]}"}, {"", "empty"}, {"nul", std::string("\0\x7f", 2)}});
  const SafeTensors loaded = read_safetensors(folder.file);
  REQUIRE(loaded.tensors.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CAPTURE(i);
    CHECK(loaded.tensors[i].name == tensors[i].name);
    CHECK(same_bits(loaded.tensors[i].value, tensors[i].value));
  }
  CHECK(loaded.metadata.size() == 5);
  CHECK(loaded.metadata.at("config") == "{\"a\": [1,\n2]}");
  CHECK(loaded.metadata.at("") == "empty");
  CHECK(loaded.metadata.at("nul") == std::string("\0\x7f", 2));
  CHECK(loaded.metadata.at("format") == "gradus");
  CHECK(loaded.metadata.at("format_version") == "2");
}

TEST_CASE("safetensors: same input, same bytes, in the documented format") {
  const Folder folder;
  const std::vector<SafeTensor> tensors{{"b", Tensor::from({{1, 2}})}, {"a", Tensor::from({3})}};
  write_safetensors(folder.file, tensors, {{"seed", "7"}});
  const std::string file = file_text(folder.file);
  // The result of a read can be written: the writer replaces its own entries.
  const SafeTensors loaded = read_safetensors(folder.file);
  write_safetensors(folder.file, loaded.tensors, loaded.metadata);
  CHECK(file_text(folder.file) == file);

  const std::size_t data = header_end(file);
  CHECK(data % 64 == 0);
  CHECK(file.size() == data + 3 * sizeof(Real));
  Real values[3];
  std::memcpy(values, file.data() + data, sizeof(values));
  CHECK((values[0] == 1 && values[1] == 2 && values[2] == 3));

  // The checksums, as documented.
  const std::size_t item = sizeof(Real);
  const std::string type = item == 4 ? "F32" : "F64";
  const std::string checksums = crc32_of(file.substr(data, 2 * item)) + crc32_of(file.substr(data + 2 * item));
  const std::string described =
      fmt::format("b\n{}\n1 2\n0\n{}\na\n{}\n1\n{}\n{}\n", type, 2 * item, type, 2 * item, 3 * item) +
      "format\ngradus\nformat_version\n2\nseed\n7\n" + checksums;
  const std::string header = file.substr(8, file.find_last_not_of(' ', data - 1) - 7);
  CHECK(header == fmt::format(R"({{"__metadata__":{{"format":"gradus","format_version":"2","gradus.crc32":"{}{}",)"
                              R"("seed":"7"}},)"
                              R"("b":{{"dtype":"{}","shape":[1,2],"data_offsets":[0,{}]}},)"
                              R"("a":{{"dtype":"{}","shape":[1],"data_offsets":[{},{}]}}}})",
                              crc32_of(described), checksums, type, 2 * item, type, 2 * item, 3 * item));
}

// At any moment; before each call of the system in faults_test.cpp.
TEST_CASE("safetensors: files are complete after kill -9 during a save") {
  // In memory if possible: a slow disk would allow only a few saves.
  const Folder folder(fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path());
  std::vector<SafeTensor> tensors;
  for (int i = 0; i < 40; ++i) tensors.push_back({std::to_string(i), Tensor::empty({200})});
  const auto save = [&](int generation) {
    for (auto& tensor : tensors) tensor.value.fill(static_cast<Real>(generation));
    write_safetensors(folder.file, tensors, {{"generation", std::to_string(generation)}});
  };
  save(0);
  Generator generator(3);
  int last = 0;
  std::ptrdiff_t kills_in_a_save = 0;
  for (int round = 0; round < 200; ++round) {
    int running[2];
    REQUIRE(::pipe(running) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      save(last + 1);
      ::close(running[1]);
      for (int generation = last + 2;; ++generation) save(generation);
    }
    ::close(running[1]);
    char nothing = 0;
    CHECK(::read(running[0], &nothing, 1) == 0);  // returns when the child closes its end
    ::close(running[0]);
    ::usleep(static_cast<useconds_t>(generator.below(10'000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto left = std::distance(fs::directory_iterator(folder.path()), {}) - 1;
    CHECK(left <= 1);
    kills_in_a_save += left;
    const SafeTensors loaded = read_safetensors(folder.file);
    const int generation = std::stoi(loaded.metadata.at("generation"));
    CHECK(generation > last);
    REQUIRE(loaded.tensors.size() == tensors.size());
    const Tensor expected = Tensor::full({200}, static_cast<Real>(generation));
    for (const auto& tensor : loaded.tensors) REQUIRE(same_bits(tensor.value, expected));
    last = generation;
  }
  MESSAGE(last << " files saved, " << kills_in_a_save << " of 200 kills during a save");
  save(last + 1);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("safetensors: without tensors, and through a symbolic link") {
  const Folder folder;
  write_safetensors(folder.file, {});
  fs::create_symlink(folder.file, folder / "link");
  CHECK(read_safetensors(folder / "link").tensors.empty());
  CHECK_THROWS_WITH_AS(write_safetensors(folder / "link", {}),
                       doctest::Contains("got a symbolic link; use the path of its target"), FileError);
}

TEST_CASE("safetensors: files of other programs are read and converted") {
  const Folder folder;
  const float single[2] = {0.1F, -2};
  const double twice[2] = {0.1, 3};
  std::string data(24, '\0');
  std::memcpy(data.data(), single, 8);
  std::memcpy(data.data() + 8, twice, 16);
  put(folder.file,
      foreign("{ \"a\" : {\"shape\":[2],\"data_offsets\":[0,8],\"dtype\":\"F32\"}, \"b\":{\"dtype\":\"F64\","
              "\"shape\":[2,1],\"data_offsets\":[8,24]}, \"__metadata__\":{\"format\":\"pt\"}}\n ",
              data));
  const SafeTensors loaded = read_safetensors(folder.file);
  REQUIRE(loaded.tensors.size() == 2);
  CHECK(same_bits(loaded.tensors[0].value, Tensor::from({Real(0.1F), -2})));
  CHECK(same_bits(loaded.tensors[1].value, Tensor::from({2, 1}, {Real(0.1), 3})));
  CHECK(loaded.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  put(folder.file, foreign("{}"));
  CHECK(read_safetensors(folder.file).tensors.empty());
}

TEST_CASE("safetensors: a length that looks like gzip") {
  const Folder folder;
  std::string header = "{}";
  header.resize(0x8b1f, ' ');
  put(folder.file, foreign(header));
  CHECK(file_text(folder.file).starts_with("\x1f\x8b"));
  CHECK(read_safetensors(folder.file).tensors.empty());
}

TEST_CASE("safetensors: missing, unreadable and special files") {
  const Folder folder;
  const auto text = [](const fs::path& path) {
    try {
      read_safetensors(path);
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(text(folder.file) ==
        folder.file.string() + ": expected a file, got 'No such file or directory'; check the path");
  CHECK(text(folder.path()) == folder.path().string() + ": expected a file, got a folder; check the path");
  REQUIRE(::mkfifo(folder.file.c_str(), 0600) == 0);
  CHECK(text(folder.file) == folder.file.string() + ": expected a file, got a pipe or a device; check the path");
  CHECK(text("/dev/zero") == "/dev/zero: expected a file, got a pipe or a device; check the path");
  if (::geteuid() == 0) return;  // root may read everything
  const fs::path secret = folder / "secret";
  put(secret, "x");
  fs::permissions(secret, fs::perms::none);
  CHECK(text(secret) == secret.string() + ": expected a readable file, got 'Permission denied'; check its permissions");
}

TEST_CASE("safetensors: wrong lengths of the header") {
  for (const std::size_t size : {0U, 1U, 7U, 8U}) {
    CHECK(read_error(std::string(size, '\2')) ==
          fmt::format("expected a safetensors file, got {} bytes, too few for a header; download it again", size));
  }
  const auto of_length = [](std::uint64_t length) { return read_error(length_of(length) + "{}"); };
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{8 * 1024 * 1024 + 1},
                                     std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CHECK(of_length(length) ==
          fmt::format("expected a header of 2 to 8388608 bytes, got a length of {} at offset 0; this is not a "
                      "safetensors file (a failed download or a Git LFS pointer?)",
                      length));
  }
  CHECK(of_length(3) == "expected a header of 3 bytes at offset 8, got 2; the file is truncated, download it again");
  CHECK(of_length(8 * 1024 * 1024).find("expected a header of 8388608 bytes") == 0);
  CHECK(read_error("version https://git-lfs.github.com/spec/v1\n").find("a Git LFS pointer?") != std::string::npos);
}

TEST_CASE("safetensors: headers with invalid JSON or entries") {
  const auto in_tensor = [](const std::string& fields) { return header_error("{\"w\":{" + fields + "}}"); };
  const std::string good = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  CHECK(in_tensor(good) == "no error");

  const std::string not_json = "expected JSON in UTF-8, got something else";
  for (const std::string header :
       {"  ", " {", "{]", "{}}", "{\"w\":}", "{\"w\xff\":{}}", "{\"\xc0\xaf\":{}}", "{\"\\ud800\":{}}", "{\"w\n\":{}}",
        "{} x", "{\"w\":{\"shape\":[01]}}", "<html>", "{\"w\":tru"}) {
    CAPTURE(header);
    CHECK(header_error(header) == not_json);
  }
  CHECK(header_error(std::string("{}\0\0", 4)) == "expected JSON in UTF-8, got a NUL byte");

  CHECK(header_error("[]") == "expected an object as the header, got an array");
  CHECK(header_error("null") == "expected an object as the header, got null");
  CHECK(header_error("{\"w\":[]}") == "expected an object as \"w\", got an array");
  CHECK(header_error("{\"w\":true}") == "expected an object as \"w\", got true");
  CHECK(header_error("{\"w\":\"x\"}") == "expected an object as \"w\", got \"x\"");
  CHECK(header_error("{\"__metadata__\":{\"a\":1}}") == "expected a string as \"a\" of \"__metadata__\", got 1");
  CHECK(header_error("{\"__metadata__\":{\"a\":{}}}") ==
        "expected a string as \"a\" of \"__metadata__\", got an object");
  CHECK(in_tensor("\"dtype\":4") == "expected a string as \"dtype\" of \"w\", got 4");
  CHECK(in_tensor("\"shape\":{}") == "expected an array as \"shape\" of \"w\", got an object");
  CHECK(in_tensor("\"shape\":[[]]") == "expected non-negative integers as \"shape\" of \"w\", got an array");
  CHECK(in_tensor("\"shape\":[null]") == "expected non-negative integers as \"shape\" of \"w\", got null");
  CHECK(in_tensor("\"color\":[]") == "expected \"dtype\", \"shape\" and \"data_offsets\" in \"w\", got \"color\"");
  CHECK(in_tensor("") == "expected \"dtype\", \"shape\" and \"data_offsets\" in \"w\", got 0 of the three");
  CHECK(in_tensor(R"("dtype":"F32","shape":[2])") ==
        "expected \"dtype\", \"shape\" and \"data_offsets\" in \"w\", got 2 of the three");

  CHECK(in_tensor(good + R"(,"dtype":"F32")") == "expected every entry of \"w\" once, got \"dtype\" twice");
  CHECK(header_error("{\"w\":{" + good + "},\"w\":{" + good + "}}") == "expected every name once, got \"w\" twice");
  CHECK(header_error("{\"__metadata__\":{},\"__metadata__\":{}}") ==
        "expected every name once, got \"__metadata__\" twice");
  CHECK(header_error("{\"__metadata__\":{\"a\":\"\",\"\\u0061\":\"\"}}") ==
        "expected every entry of \"__metadata__\" once, got \"a\" twice");
}

TEST_CASE("safetensors: wrong shapes, types and ranges") {
  const auto tensor = [](std::string_view type, std::string_view shape, std::string_view offsets) {
    return fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{}]}})", type, shape, offsets);
  };
  const auto one = [&](std::string_view type, std::string_view shape, std::string_view offsets) {
    return header_error("{\"w\":" + tensor(type, shape, offsets) + "}");
  };
  CHECK(one("F64", "", "0,8") == "no error");
  CHECK(one("F32", "1,2,1,1,1,1", "0,8") == "no error");

  for (const std::string_view type : {"F8_E4M3", "f32", "F32 ", ""}) {
    CHECK(one(type, "2", "0,8") ==
          fmt::format("expected one of the types F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL for "
                      "\"w\", got \"{}\"; convert the tensor to F32",
                      type));
  }
  for (const std::string_view number : {"-1", "-9223372036854775808", "1.5", "1e3", "18446744073709551616", "2.0"}) {
    CHECK(one("F32", number, "0,8") ==
          fmt::format("expected non-negative integers as \"shape\" of \"w\", got {}", number));
    CHECK(one("F32", "2", number) ==
          fmt::format("expected non-negative integers as \"data_offsets\" of \"w\", got {}", number));
  }
  CHECK(one("F32", "1,1,1,1,1,1,1", "0,8") == "expected at most 6 numbers as \"shape\" of \"w\", got more");
  CHECK(one("F32", "2", "0,8,8,8,8,8,8") == "expected at most 6 numbers as \"data_offsets\" of \"w\", got more");
  for (const std::string_view shape :
       {"18446744073709551615", "4611686018427387904", "4294967296, 4294967296", "0, 4294967296, 4294967296",
        "4294967296, 4294967296, 0", "2147483648, 2147483648", "20000000000000"}) {
    CHECK(one("F32", shape, "0,8") == fmt::format("expected a shape of \"w\" that fits into memory, got [{}]", shape));
  }

  for (const std::string_view offsets : {"", "0", "8, 0", "0, 8, 8"}) {
    CHECK(one("F32", "2", offsets) ==
          fmt::format("expected the begin and the end as data_offsets of \"w\", got [{}]", offsets));
  }
  const auto apart = [](int bytes, std::string_view got) {
    return fmt::format("expected data_offsets of \"w\" that are {} bytes apart, from its shape and type, got [{}]",
                       bytes, got);
  };
  for (const std::string_view offsets : {"0, 4", "1, 8", "0, 18446744073709551615"}) {
    CHECK(one("F32", "2", offsets) == apart(8, offsets));
  }
  CHECK(one("F32", "3", "0, 8") == apart(12, "0, 8"));
  CHECK(one("F64", "2", "0, 8") == apart(16, "0, 8"));
  CHECK(one("F32", "0", "0, 8") == apart(0, "0, 8"));
  CHECK(one("I16", "2", "0, 8") == apart(4, "0, 8"));
  CHECK(one("F32", "2", "1, 9") ==
        "expected at least 9 bytes of data for \"w\", got 8; the file is truncated, download it again");
  CHECK(one("F8_E4M3", "2", "0, 9").find("at least 9 bytes") != std::string::npos);
  CHECK(one("F32", "3", "0,12") ==
        "expected at least 12 bytes of data for \"w\", got 8; the file is truncated, download it again");
  CHECK(one("F32", "1000000000000", "0,4000000000000").find("at least 4000000000000 bytes") != std::string::npos);
  CHECK(one("F32", "1", "0,4") == "expected the tensors to cover 8 bytes of data, got 4");
  CHECK(header_error("{}") == "expected the tensors to cover 8 bytes of data, got 0");

  const auto two = [&](std::string_view first, std::string_view second) {
    return header_error("{\"a\":" + tensor("F32", "1", first) + ",\"b\":" + tensor("F32", "1", second) + "}");
  };
  const auto begin = [](std::string_view name, int covered, std::string_view got) {
    return fmt::format("expected data_offsets of \"{}\" that begin at {}, where the data before it end, got [{}]", name,
                       covered, got);
  };
  CHECK(two("0,4", "4,8") == "no error");
  CHECK(two("4,8", "0,4") == "no error");
  CHECK(two("0,4", "0,4") == begin("b", 4, "0, 4"));
  CHECK(two("0,4", "2,6") == begin("b", 4, "2, 6"));
  CHECK(two("2,6", "0,4") == begin("a", 4, "2, 6"));
  CHECK(one("F32", "1", "4,8") == begin("w", 0, "4, 8"));
}

TEST_CASE("safetensors: names that are neither read nor written") {
  const std::string rule = "names of 1 to 1024 bytes without control characters or '../'";
  const std::vector<std::pair<std::string, std::string>> names{
      {"", R"("")"},
      {std::string("a\0b", 3), R"("a\x00b")"},
      {"a\nb", R"("a\nb")"},
      {"ab\x7f", R"("ab\x7f")"},
      {"../up", R"("../up")"},
      {"a/../../b", R"("a/../../b")"},
      {"..", R"("..")"},
      {"a/..", R"("a/..")"},
      {std::string(1025, 'n'), '"' + std::string(64, 'n') + "...\""},
      {std::string(1024 * 1024, 'n'), '"' + std::string(64, 'n') + "...\""},
  };
  for (const auto& entry : names) {
    CAPTURE(entry.second);
    const auto& [name, shown] = entry;
    std::string escaped = name == std::string("a\0b", 3) ? "a\\u0000b" : name == "a\nb" ? "a\\nb" : name;
    CHECK(header_error("{\"" + escaped + "\":{}}") == fmt::format("expected {}, got {}", rule, shown));
    CHECK(write_error({{name, Tensor::ones({1})}}) ==
          fmt::format("expected unique {}, other than '__metadata__', got {}; rename the tensor", rule, shown));
  }
  CHECK(write_error({{"a", Tensor::ones({1})}, {"a", Tensor::ones({1})}}).find("got \"a\"; rename") !=
        std::string::npos);
  CHECK(write_error({{"__metadata__", Tensor::ones({1})}}).find("got \"__metadata__\"; rename") != std::string::npos);
}

TEST_CASE("safetensors: tensors, names and metadata that cannot be written") {
  CHECK(write_error({{"w", Tensor()}}) == "expected a tensor as \"w\", got none");
  const std::string not_utf8 = write_error({{"w\xff", Tensor::ones({1})}});
  CHECK(not_utf8.starts_with("expected names and metadata in UTF-8, got '"));
  CHECK(write_error({}, {{"\xff", ""}}).starts_with("expected names and metadata in UTF-8, got '"));
  CHECK(write_error({}, {{"a", "\xff"}}).starts_with("expected names and metadata in UTF-8, got '"));
  CHECK(write_error({}, {{"a", std::string(8 * 1024 * 1024, 'x')}})
            .starts_with("expected a header of at most 8388608 bytes, got 8388"));
  const Folder folder;
  std::map<std::string, std::string> many;
  for (int i = 0; i < 99'995; ++i) many[std::to_string(i)];
  write_safetensors(folder.file, std::vector<SafeTensor>{{"w", Tensor::ones({1})}}, many);
  CHECK(read_safetensors(folder.file).metadata.size() == 99'997);
  CHECK(write_error({{"w", Tensor::ones({1})}, {"v", Tensor::ones({1})}}, many) ==
        "expected at most 100000 names, got 100001; write several files");
}

TEST_CASE("safetensors: many tensors and hostile headers of the maximum size") {
  const Folder folder;
  std::vector<SafeTensor> tensors;
  for (int i = 0; i < 20'000; ++i) tensors.push_back({fmt::format("{}", i), Tensor::empty({0})});
  write_safetensors(folder.file, tensors);
  CHECK(read_safetensors(folder.file).tensors.size() == 20'000);

  const std::size_t max_size = 8 * 1024 * 1024;
  const auto worst = [&](const std::string& text) { return header_error(text.substr(0, max_size)); };
  const std::string deep(100'000, '[');
  CHECK(worst(deep) == "expected an object as the header, got an array");
  CHECK(worst("{\"w\":" + deep) == "expected an object as \"w\", got an array");
  CHECK(worst("{\"w\":{\"shape\":" + deep) == "expected non-negative integers as \"shape\" of \"w\", got an array");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(worst(objects) == "expected \"dtype\", \"shape\" and \"data_offsets\" in \"a\", got \"a\"");

  std::string names = "{";
  for (int i = 0; names.size() < max_size; ++i) {
    names += fmt::format(R"("{}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}},)", i);
  }
  CHECK(worst(names) == "expected at most 100000 names, got more; split the file");
  CHECK(worst("{\"" + std::string(max_size, 'n')) == "expected JSON in UTF-8, got something else");
  CHECK(read_error(length_of(std::uint64_t{50} << 20) + names).find("got a length of 52428800") != std::string::npos);
}

TEST_CASE("safetensors: metadata of the format gradus") {
  const Folder folder;
  write_safetensors(folder.file, std::vector<SafeTensor>{{"w", Tensor::ones({3})}});
  const std::string file = file_text(folder.file);
  CHECK(read_error(file) == "no error");
  CHECK(read_error(replaced(file, R"("format_version":"2")", R"("format_version":"3")")) ==
        "expected format_version 1 or 2 in the header at offset 8, got \"3\"; the file is from a newer gradus, update "
        "yours");
  CHECK(read_error(replaced(file, "format_version", "format_versiox")).find("got \"\"; the file is from a newer") !=
        std::string::npos);
  for (const auto& changed :
       {replaced(file, R"("gradus")", R"("gradux")"), replaced(file, "gradus.crc32", "gradus.crc33"),
        replaced(file, R"("w")", R"("v")"), replaced(file, R"("format_version":"2")", R"("format_version":"1")"),
        replaced(file, "[3]", "[3,1]").erase(header_end(file) - 1, 2)}) {
    const std::string text = read_error(changed);
    CAPTURE(text);
    CHECK(text.find("expected gradus.crc32 of 1 tensors that begin with ") == 0);
    CHECK(text.find("; the file is damaged or was rewritten by another program") != std::string::npos);
  }
  // The layout of the header does not matter.
  std::string spaced = replaced(file, R"("w":)", R"("w" :)");
  CHECK(read_error(spaced.erase(header_end(file) - 1, 1)) == "no error");

  std::string body = file;
  body.back() = static_cast<char>(body.back() ^ 1);
  const std::string text = read_error(body);
  CHECK(text.find("expected crc32 ") == 0);
  CHECK(text.find(fmt::format(" of the data of \"w\" from offset {} on, got ", header_end(file))) != std::string::npos);
  CHECK(text.find("; the file is damaged, download it again") != std::string::npos);
  CHECK(read_error(foreign(R"({"__metadata__":{"format":"gradus"}})")).find("expected format_version 1 or 2") == 0);
  CHECK(read_error(foreign(R"({"__metadata__":{"gradus.crc32":""}})")).find("expected gradus.crc32 of 0 tensors") == 0);
  CHECK(read_error(foreign(R"({"__metadata__":{"crc32":"of something else"}})")) == "no error");
}

TEST_CASE("safetensors: format_version 1, with a checksum of the header in itself and one of all data") {
  const std::string data("\0\0\x80\x3f\0\0\0\x40", 8);
  std::string header = R"({"__metadata__":{"header_crc32":"00000000","crc32":")" + crc32_of(data) +
                       R"(","format":"gradus","format_version":"1","seed":"7"},)" +
                       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)" +
                       R"("a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}})";
  header = replaced(header, "00000000", crc32_of(header));
  const Folder folder;
  put(folder.file, foreign(header, data));
  const SafeTensors loaded = read_safetensors(folder.file);
  REQUIRE(loaded.tensors.size() == 2);
  CHECK(same_bits(loaded.tensors[0].value, Tensor::ones({1})));
  CHECK(same_bits(loaded.tensors[1].value, Tensor::full({}, 2)));
  CHECK(loaded.metadata ==
        std::map<std::string, std::string>{{"format", "gradus"}, {"format_version", "1"}, {"seed", "7"}});
  CHECK(read_error(foreign(replaced(header, "seed", "sead"), data)).find("expected header_crc32 ") == 0);
  CHECK(read_error(foreign(replaced(header, "gradus", "gradux"), data)).find("expected header_crc32 ") == 0);
  CHECK(read_error(foreign(header, std::string(8, '\0'))).find("expected crc32 ") == 0);
}

TEST_CASE("safetensors: entries in any order and null metadata, as MLX writes them") {
  const Folder folder;
  const float values[3] = {1, 2, 3};
  put(folder.file, foreign(R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"__metadata__":null,)"
                           R"("none":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},)"
                           R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                           std::string(reinterpret_cast<const char*>(values), sizeof(values))));
  SafetensorsFile file(folder.file);
  REQUIRE(file.entries().size() == 3);
  CHECK(file.entries()[0].name == "a");
  CHECK(file.entries()[1].name == "none");
  CHECK(file.entries()[2].name == "b");
  CHECK(file.metadata().empty());
  CHECK(file.find("c") == nullptr);
  CHECK(same_bits(file.read("b"), Tensor::from({3})));  // tensor by tensor, in any order
  CHECK(same_bits(file.read("a"), Tensor::from({1, 2})));
  CHECK(same_bits(file.read("none"), Tensor::empty({0})));
  CHECK(same_bits(file.read("b"), Tensor::from({3})));
  CHECK_THROWS_WITH_AS(file.read("c"), doctest::Contains("expected a tensor \"c\", got none"), FileError);
}

/// A file of one tensor of a foreign type.
template <class Stored>
std::string of_type(std::string_view type, std::vector<Stored> values) {
  const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Stored));
  return foreign(
      fmt::format(R"({{"w":{{"dtype":"{}","shape":[{}],"data_offsets":[0,{}]}}}})", type, values.size(), data.size()),
      data);
}

TEST_CASE("safetensors: types of other programs are converted where that is exact") {
  const Folder folder;
  const auto values = [&](const std::string& bytes) {
    put(folder.file, bytes);
    const Tensor value = read_safetensors(folder.file).tensors.at(0).value;
    return std::vector<double>(value.values().begin(), value.values().end());
  };
  using List = std::vector<double>;
  const double infinity = std::numeric_limits<double>::infinity();
  // Zero, 1, -2, the largest and the smallest number, the largest denormal, and infinities.
  CHECK(values(of_type<std::uint16_t>("F16", {0, 0x3C00, 0xC000, 0x7BFF, 1, 0x83FF, 0x7C00, 0xFC00})) ==
        List{0, 1, -2, 65504, 0x1p-24, -1023 * 0x1p-24, infinity, -infinity});
  CHECK(values(of_type<std::uint16_t>("BF16", {0, 0x3F80, 0xC000, 0x3DCD, 0x7F80})) ==
        List{0, 1, -2, 0.10009765625, infinity});
  CHECK(std::isnan(values(of_type<std::uint16_t>("F16", {0x7E00}))[0]));
  CHECK(std::signbit(values(of_type<std::uint16_t>("F16", {0x8000}))[0]));
  CHECK(values(of_type<std::int64_t>("I64", {0, -7, 1 << 24, std::numeric_limits<std::int64_t>::min()})) ==
        List{0, -7, 1 << 24, -0x1p63});
  CHECK(values(of_type<std::uint64_t>("U64", {std::uint64_t{1} << 63})) == List{0x1p63});
  CHECK(values(of_type<std::int32_t>("I32", {3, -16777216})) == List{3, -16777216});
  CHECK(values(of_type<std::int16_t>("I16", {-32768, 32767})) == List{-32768, 32767});
  CHECK(values(of_type<std::uint16_t>("U16", {65535})) == List{65535});
  CHECK(values(of_type<std::int8_t>("I8", {-128, 127})) == List{-128, 127});
  CHECK(values(of_type<std::uint8_t>("U8", {0, 255})) == List{0, 255});
  CHECK(values(of_type<std::uint8_t>("BOOL", {0, 1})) == List{0, 1});
  CHECK(values(of_type<std::uint32_t>("U32", std::vector<std::uint32_t>(20'000, 5))) == List(20'000, 5));

  const auto inexact = [](std::string_view value) {
    return fmt::format("in \"w\": expected values that F32 holds exactly, got {}; convert them to F32", value);
  };
  CHECK(read_error(of_type<std::int64_t>("I64", {1, (1 << 24) + 1})) == inexact("16777217"));
  CHECK(read_error(of_type<std::int64_t>("I64", {-9223372036854775807})) == inexact("-9223372036854775807"));
  CHECK(read_error(of_type<std::uint64_t>("U64", {~std::uint64_t{0}})) == inexact("18446744073709551615"));
  CHECK(read_error(of_type<std::uint8_t>("BOOL", {2})) == inexact("2"));
}

TEST_CASE("safetensors: truncated files") {
  const Folder folder;
  write_safetensors(folder.file, std::vector<SafeTensor>{{"w", Tensor::ones({5, 20})}, {"b", Tensor::ones({7})}});
  const std::string file = file_text(folder.file);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::size_t size = file.size() - 1 - i * (file.size() - 1) / 199;
    CAPTURE(size);
    CHECK(read_error(file.substr(0, size)) != "no error");
  }
  CHECK(read_error(file.substr(0, file.size() - 1)).find("the file is truncated, download it again") !=
        std::string::npos);
  CHECK(read_error(file + '\0').find("expected the tensors to cover") != std::string::npos);
}

TEST_CASE("safetensors: files with one bit flipped") {
  const Folder folder;
  write_safetensors(folder.file, std::vector<SafeTensor>{{"w", Tensor::ones({50, 20})}, {"empty", Tensor::empty({0})}},
                    {{"config", "a\tb\x01"}});
  const std::string file = file_text(folder.file);
  const std::size_t bits_of_header = 8 * header_end(file);
  std::fstream stream(folder.file, std::ios::binary | std::ios::in | std::ios::out);
  const auto set = [&](std::size_t position, int value) {
    stream.seekp(static_cast<std::streamoff>(position)).put(static_cast<char>(value)).flush();
  };
  const auto check_flipped = [&](std::size_t bit) {
    set(bit / 8, file[bit / 8] ^ 1 << bit % 8);
    CAPTURE(bit);
    CHECK_THROWS_AS(read_safetensors(folder.file), FileError);
    set(bit / 8, file[bit / 8]);
  };
  for (std::size_t bit = 0; bit < bits_of_header; ++bit) check_flipped(bit);
  for (std::size_t bit = bits_of_header; bit < 8 * file.size(); bit += 99) check_flipped(bit);
  CHECK(file_text(folder.file) == file);
  CHECK(read_safetensors(folder.file).tensors.size() == 2);
}

}  // namespace
