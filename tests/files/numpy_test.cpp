#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/files/numpy.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <zlib.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>

using namespace gradus;

namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string number(std::size_t value, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i & 255);
  return text;
}

template <class Stored>
std::string bytes_of(const std::vector<Stored>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Stored)};
}

std::string npy(const std::string& header, const std::string& data, int version = 1) {
  return "\x93NUMPY"s + static_cast<char>(version) + '\0' + number(header.size(), version == 1 ? 2 : 4) + header + data;
}

std::string npy_of(const std::string& type, const std::string& shape, const std::string& data,
                   const std::string& fortran = "False") {
  return npy("{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n", data);
}

struct Zipped {
  std::string name, content;
  int method = 0;
  std::size_t size = std::string::npos;  // claimed
  int flags = 0;
};

std::string deflated(const std::string& content) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string result(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::string zip(const std::vector<Zipped>& entries, const std::string& comment = "") {
  std::string file, directory;
  for (const Zipped& entry : entries) {
    const std::string stored = entry.method == 8 ? deflated(entry.content) : entry.content;
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size());
    const std::size_t size = entry.size == std::string::npos ? entry.content.size() : entry.size;
    const std::string common = number(20, 2) + number(static_cast<std::size_t>(entry.flags), 2) +
                               number(static_cast<std::size_t>(entry.method), 2) + number(0, 4) + number(crc, 4) +
                               number(stored.size(), 4) + number(size, 4) + number(entry.name.size(), 2);
    directory += "PK\1\2" + number(20, 2) + common + std::string(12, '\0') + number(file.size(), 4) + entry.name;
    file += "PK\3\4" + common + number(3, 2) + entry.name + "xyz" + stored;  // with an extra field
  }
  return file + directory + "PK\5\6" + number(0, 4) + number(entries.size(), 2) + number(entries.size(), 2) +
         number(directory.size(), 4) + number(file.size(), 4) + number(comment.size(), 2) + comment;
}

/// The error text from reading these bytes, without the path.
template <class Load>
std::string fault(const std::string& bytes, Load load) {
  const TemporaryFolder folder;
  const fs::path path = folder / "array";
  put(path, bytes);
  const std::string text = error_text<FileError>([&] { load(path); });
  return text.starts_with(path.string() + ": ") ? text.substr(path.string().size() + 2) : text;
}
std::string npy_fault(const std::string& bytes) { return fault(bytes, load_npy); }
std::string npz_fault(const std::string& bytes) { return fault(bytes, load_npz); }

Tensor read(const std::string& bytes) {
  const TemporaryFolder folder;
  put(folder / "array.npy", bytes);
  return load_npy(folder / "array.npy");
}

std::vector<SafeTensor> samples() {
  Generator generator(1);
  return {{"kernel", Tensor::normal({3, 5}, 0, 1, generator)},
          {"scalar", Tensor::full({}, Real(0.1))},
          {"none", Tensor::empty({0, 2})},
          {"a/b.c", Tensor::from({1, -std::numeric_limits<Real>::infinity()})},
          {"Gr\u00f6\u00dfe", Tensor::uniform({2, 1, 3, 1, 2, 2}, 0, 1, generator)},
          {"large", Tensor::normal({20'011}, 0, 1, generator)}};
}

}  // namespace

TEST_CASE("npy: a tensor is read back to the bit") {
  const TemporaryFolder folder;
  for (const auto& [name, value] : samples()) {
    save_npy(folder / "x.npy", value);
    CHECK(same_bits(load_npy(folder / "x.npy"), value));
  }
}

TEST_CASE("npy: the documented bytes") {
  const TemporaryFolder folder;
  save_npy(folder / "x.npy", Tensor::from({{1, 2}}));
  std::string header =
      std::string("{'descr': '<f") + (sizeof(Real) == 4 ? "4" : "8") + "', 'fortran_order': False, 'shape': (1, 2), }";
  header += std::string(127 - 10 - header.size(), ' ') + '\n';
  CHECK(file_text(folder / "x.npy") == "\x93NUMPY\1"s + '\0' + number(118, 2) + header + bytes_of<Real>({1, 2}));
}

TEST_CASE("npy: types, byte orders, column-major arrays and versions") {
  CHECK(same_bits(read(npy_of("<f8", "(2,)", bytes_of<double>({0.1, 3}))), Tensor::from({Real(0.1), 3})));
  CHECK(same_bits(read(npy_of("<f2", "(1, 2)", bytes_of<std::uint16_t>({0x3C00, 0xC000}))), Tensor::from({{1, -2}})));
  CHECK(same_bits(read(npy_of("|u1", "(2,)", "\1\xff")), Tensor::from({1, 255})));
  CHECK(same_bits(read(npy_of("|b1", "(2,)", "\1\0"s)), Tensor::from({1, 0})));
  CHECK(same_bits(read(npy_of("<i4", "(1,)", bytes_of<std::int32_t>({-5}))), Tensor::from({-5})));
  CHECK(same_bits(read(npy_of("<i8", "()", bytes_of<std::int64_t>({1 << 24}))), Tensor::full({}, 1 << 24)));
  CHECK(same_bits(read(npy_of(">i4", "(2,)", "\0\0\1\2\xff\xff\xff\xff"s)), Tensor::from({258, -1})));
  CHECK(same_bits(read(npy_of("<f4", "(2, 3)", bytes_of<float>({1, 4, 2, 5, 3, 6}), "True")),
                  Tensor::from({{1, 2, 3}, {4, 5, 6}})));
  // Element (i, j, k) of the column-major array is 100 i + 10 j + k.
  const Tensor cube =
      read(npy_of("<f4", "(2, 3, 2)", bytes_of<float>({0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121}), "True"));
  CHECK(same_bits(cube, Tensor::from({2, 3, 2}, {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121})));
  CHECK(same_bits(read(npy_of("<f4", "(3, 0)", "", "True")), Tensor::empty({3, 0})));
  const std::string header = "{\"shape\":(1,),'descr':'<f4','fortran_order':False}";
  for (const int version : {1, 2, 3}) {
    CHECK(same_bits(read(npy(header, bytes_of<float>({7}), version)), Tensor::from({7})));
  }
}

TEST_CASE("npy: invalid files") {
  CHECK_EQ(npy_fault(""), "expected an array of NumPy, got 0 bytes; write it with numpy.save");
  CHECK_EQ(npy_fault(std::string(100, 'x')),
           "expected an array of NumPy, format 1 to 3, got other bytes; write it with numpy.save");
  CHECK(npy_fault(npy("{}", "xxxxxxxx", 4)).find("format 1 to 3") != std::string::npos);
  CHECK_EQ(npy_fault("\x93NUMPY\1"s + '\0' + number(500, 2) + "{}xx"), "expected a header of at most 4 bytes, got 500");
  CHECK_EQ(npy_fault("\x93NUMPY\2"s + '\0' + number(0xFFFFFFFF, 4) + std::string(100'000, ' ')),
           "expected a header of at most 65536 bytes, got 4294967295");
  CHECK_EQ(npy_fault(npy("[1, 2]", "xxxx")), "in the header, expected '{', got '[1, 2]'");
  CHECK_EQ(npy_fault(npy("{'descr': [('a', '<f4')]}", "")),
           "in the header, expected a text in quotes, got '[('a', '<f4')]}'");
  CHECK_EQ(npy_fault(npy("{'descr': '<f4', 'descr': '<f4'}", "")),
           "in the header, expected every key once, got 'descr' twice");
  CHECK_EQ(npy_fault(npy("{'\x1b[2J': 1}", "")),
           "in the header, expected 'descr', 'fortran_order' and 'shape', got '\\x1b[2J'");
  CHECK_EQ(npy_fault(npy("{'descr': '<f4', 'shape': (1,)}", "1234")),
           "in the header, expected 'descr', 'fortran_order' and 'shape' and nothing else, got 2 of the three");
  CHECK_EQ(npy_fault(npy_of("<f4", "(1,)", "1234", "Maybe")),
           "in the header, expected 'False', got 'Maybe, 'shape': (1,), }\\n'");
  CHECK_EQ(npy_fault(npy_of("<f4", "3", "1234")), "in the header, expected '(', got '3, }\\n'");
  CHECK_EQ(npy_fault(npy_of("<f4", "(-1,)", "1234")),
           "in the header, expected sizes that fit into memory, got '-1,), }\\n'");
  CHECK_EQ(npy_fault(npy_of("<f4", "(1, 1, 1, 1, 1, 1, 1)", "1234")),
           "in the header, expected at most 6 axes, got more");
  for (const char* shape : {"(99999999999999999999,)", "(4294967296, 4294967296)", "(0, 4294967296, 4294967296)"}) {
    CHECK(npy_fault(npy_of("<f4", shape, "")).find("expected sizes that fit into memory") != std::string::npos);
  }
  CHECK_EQ(
      npy_fault(npy_of("<c8", "(1,)", "12345678")),
      "expected one of the types <f8, <f4, <f2, <i8, <i4, <i2, |i1, <u8, <u4, <u2, |u1, |b1, got '<c8'; convert the "
      "array to float32");
  CHECK_EQ(npy_fault(npy_of("<f4", "(1000000, 1000)", "1234")),
           "expected 4000000000 bytes of elements, from shape (1000000, 1000) and type <f4, got 4; write it anew");
  CHECK(npy_fault(npy_of("<f4", "(1,)", "12345")).find("got 5; write it anew") != std::string::npos);
  CHECK_EQ(npy_fault(npy_of("<i8", "(1,)", bytes_of<std::int64_t>({(1 << 24) + 1}))),
           "expected values that F32 holds exactly, got 16777217; convert them to F32");
  const TemporaryFolder folder;
  CHECK(error_text<FileError>([&] { save_npy(folder / "x.npy", Tensor()); }).ends_with("expected a tensor, got none"));
  CHECK(error_text<FileError>([&] {
          load_npy(folder / "no");
        }).ends_with("got 'No such file or directory'; check the path"));
}

TEST_CASE("npz: tensors are read back to the bit, and written to the same bytes") {
  const TemporaryFolder folder;
  const auto tensors = samples();
  save_npz(folder / "x.npz", tensors);
  const auto loaded = load_npz(folder / "x.npz");
  REQUIRE(loaded.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CHECK(loaded[i].name == tensors[i].name);
    CHECK(same_bits(loaded[i].value, tensors[i].value));
  }
  save_npz(folder / "y.npz", loaded);
  CHECK(file_text(folder / "x.npz") == file_text(folder / "y.npz"));
  save_npz(folder / "x.npz", {});
  CHECK(load_npz(folder / "x.npz").empty());
}

TEST_CASE("npz: stored and deflated entries, extra fields and comments") {
  const TemporaryFolder folder;
  std::vector<float> many(50'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(i * 7919 % 1000);
  const std::string array = npy_of("<f4", "(50000,)", bytes_of(many));
  put(folder / "x.npz",
      zip({{"a.npy", array, 8}, {"b.npy", npy_of("<f4", "(1,)", bytes_of<float>({3}))}, {"c.npy", array}},
          "PK\5\6 in a comment of more than twenty-two bytes"));
  const auto loaded = load_npz(folder / "x.npz");
  REQUIRE(loaded.size() == 3);
  CHECK(loaded[0].name == "a");
  CHECK(std::equal(many.begin(), many.end(), loaded[0].value.values().begin()));
  CHECK(same_bits(loaded[1].value, Tensor::from({3})));
  CHECK(same_bits(loaded[2].value, loaded[0].value));
}

TEST_CASE("npz: invalid archives") {
  const std::string array = npy_of("<f4", "(2,)", bytes_of<float>({1, 2}));
  const std::string good = zip({{"a.npy", array}, {"b.npy", array, 8}});
  REQUIRE(npz_fault(good) == "no error");
  CHECK_EQ(npz_fault("PK"),
           "expected a zip archive with its directory at the end, got none; the file is truncated or of another kind");
  CHECK(npz_fault(array).find("directory at the end, got none") != std::string::npos);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(npz_fault(good.substr(0, size)) != "no error");
  }
  CHECK(npz_fault("x" + good).find("right before its end, got ") != std::string::npos);
  CHECK_EQ(npz_fault(zip({{"a.txt", array}})), "expected names that end with .npy, got \"a.txt\"");
  CHECK_EQ(
      npz_fault(zip({{"a.npy", array}, {"a.npy", array}})),
      "expected unique names of 1 to 1024 bytes without control characters or '../', got \"a\"; rename the tensor");
  CHECK(npz_fault(zip({{"../a.npy", array}})).find("got \"../a\"; rename") != std::string::npos);
  CHECK_EQ(npz_fault(zip({{"a.npy", array, 0, std::string::npos, 1}})),
           "expected 'a.npy' without encryption, got it encrypted");
  CHECK_EQ(npz_fault(zip({{"a.npy", array, 12}})),
           "expected 'a.npy' stored or deflated, got compression 12; write it with numpy.savez");
  CHECK(npz_fault(zip({{"a.npy", array, 0, 7}})).find("which is not compressed, got ") != std::string::npos);
  CHECK(npz_fault(zip({{"a.npy", array, 0, 0xFFFFFFFF}})).find("an entry of zip64") != std::string::npos);
  CHECK(npz_fault(zip({{"a.npy", array, 8, array.size() - 1}})).find("got 7; write it anew") != std::string::npos);
  CHECK(npz_fault(zip({{"a.npy", array, 8, array.size() + 1}})).find("got 9; write it anew") != std::string::npos);
  const std::string more = array + "z";  // deflated, after the array
  CHECK_EQ(npz_fault(zip({{"a.npy", more, 8, array.size()}})),
           "expected " + std::to_string(array.size()) +
               " bytes in 'a.npy', got more; the file is damaged, download it again");

  std::string damaged = good;
  damaged[good.find("PK\3\4") + 30 + 5 + 3 + array.size() - 1] ^= 1;
  CHECK(npz_fault(damaged).find("expected the checksum ") == 0);
  // Two entries of the directory for one of the file.
  std::string twice = zip({{"a.npy", array}, {"b.npy", array}});
  const std::size_t second = twice.rfind("PK\1\2");
  twice.replace(second + 42, 4, number(0, 4));
  CHECK(npz_fault(twice).find("to end before offset 0, got ") != std::string::npos);
}

TEST_CASE("npz: a bit that is flipped is found, or does not change a tensor") {
  const TemporaryFolder folder;
  const std::string array = npy_of("<f4", "(2,)", bytes_of<float>({1, 2}));
  const std::string good = zip({{"a.npy", array}, {"b.npy", array, 8}});
  int found = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 3) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    put(folder / "x.npz", bytes);
    try {
      for (const SafeTensor& tensor : load_npz(folder / "x.npz")) CHECK(same_bits(tensor.value, Tensor::from({1, 2})));
    } catch (const FileError&) {
      ++found;
    }
  }
  CHECK(found > 2 * static_cast<int>(good.size()));  // of 8 / 3 bits a byte; dates do not matter
}

TEST_CASE("npz: a small file cannot take much memory") {
  const std::string shape = "(100000000,)";  // 400 MB
  const std::string header = npy_of("<f4", shape, "");
  Zipped bomb{"a.npy", header + std::string(1 << 20, '\0'), 8, header.size() + 400'000'000};
  release_idle_memory();
  const std::int64_t before = pool_statistics().bytes_held;
  const std::string text = npz_fault(zip({bomb}));
  CHECK(text.find("[tensor] expected at most ") == 0);
  CHECK(text.find(", as the file is small, got shape (100000000,) with ") != std::string::npos);
  CHECK(text.ends_with("; write it without compression"));
  CHECK(pool_statistics().bytes_held - before < 1 << 20);
}

TEST_CASE("npz: what cannot be written") {
  const TemporaryFolder folder;
  const auto text = [&](const std::vector<SafeTensor>& tensors) {
    return error_text<FileError>([&] { save_npz(folder / "x.npz", tensors); });
  };
  CHECK(text({{"a", Tensor()}}).ends_with("expected a tensor as \"a\", got none"));
  CHECK(text({{"a", Tensor::ones({1})}, {"a", Tensor::ones({1})}}).ends_with("got \"a\"; rename the tensor"));
  CHECK(text({{"", Tensor::ones({1})}}).ends_with("got \"\"; rename the tensor"));
  std::vector<SafeTensor> many;
  for (int i = 0; i < 65'535; ++i) many.push_back({std::to_string(i), Tensor::empty({0})});
  CHECK(text(many).find("expected less than 65,535 tensors and 4 GiB for a zip archive, got 65535 of ") !=
        std::string::npos);
  many.pop_back();
  save_npz(folder / "x.npz", many);
  CHECK(load_npz(folder / "x.npz").size() == 65'534);
}

TEST_CASE("npy and npz: NumPy reads what gradus writes, and the reverse") {
  std::string python;
  for (const char* program : {"python3", "/usr/bin/python3"}) {
    const bool works = std::system((program + " -c 'import numpy' >/dev/null 2>&1"s).c_str()) == 0;
    if (works && python.empty()) python = program;
  }
  if (python.empty()) {
    MESSAGE("skipped: no Python with NumPy (python3-numpy)");
    return;
  }
  const TemporaryFolder folder;
  const auto tensors = samples();
  save_npz(folder / "in.npz", tensors);
  save_npy(folder / "in.npy", tensors[0].value);
  put(folder / "convert.py", R"(
import sys
import numpy as np
folder = sys.argv[1] + '/'
archive = np.load(folder + 'in.npz')
arrays = {name: archive[name] for name in archive.files}
assert all(a.dtype == arrays['kernel'].dtype for a in arrays.values())
assert (np.load(folder + 'in.npy') == arrays['kernel']).all()
np.savez(folder + 'stored.npz', **arrays)
np.savez_compressed(folder + 'deflated.npz', **arrays)
np.save(folder + 'fortran.npy', np.asfortranarray(arrays['kernel']))
np.save(folder + 'big.npy', arrays['kernel'].astype('>f8'))
np.save(folder + 'counts.npy', np.arange(6).reshape(2, 3))
)");
  const std::string command = python + " '" + (folder / "convert.py").string() + "' '" + (folder / "").string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto loaded = load_npz(folder / name);
    REQUIRE(loaded.size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      CHECK(loaded[i].name == tensors[i].name);
      CHECK(same_bits(loaded[i].value, tensors[i].value));
    }
  }
  CHECK(same_bits(load_npy(folder / "fortran.npy"), tensors[0].value));
  CHECK(same_bits(load_npy(folder / "big.npy"), tensors[0].value));
  CHECK(same_bits(load_npy(folder / "counts.npy"), Tensor::from({{0, 1, 2}, {3, 4, 5}})));
}
