#include <gradus/data/mnist/idx.h>

#include "idx_files.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

using namespace gradus;
using namespace idx_files;

namespace {

enum class Kind { images, labels };

IdxArray read(const std::filesystem::path& path, Kind kind) {
  return kind == Kind::images ? read_idx_images(path) : read_idx_labels(path);
}

/// The text of the FileError without the path at its start; "no error" if there is none.
std::string error_of(const std::filesystem::path& path, Kind kind = Kind::images) {
  const std::clock_t start = std::clock();
  std::string text = "no error";
  try {
    read(path, kind);
  } catch (const FileError& error) {
    text = error.what();
    const std::string begin = path.string() + ": ";
    CHECK_MESSAGE(text.starts_with(begin), text);
    text.erase(0, begin.size());
  }
  CHECK(std::clock() - start < CLOCKS_PER_SEC);
  return text;
}

/// The same for a file of these bytes. Checks that the raw file, the gzip file and memory give the same text.
std::string error_of(const Bytes& bytes, Kind kind = Kind::images) {
  const TemporaryFolder folder;
  const std::string text = error_of(write(folder / "file", bytes), kind);
  CHECK_EQ(error_of(write(folder / "file.gz", gzip(bytes)), kind), text);
  std::string from_memory = "no error";
  try {
    kind == Kind::images ? read_idx_images("memory", bytes) : read_idx_labels("memory", bytes);
  } catch (const FileError& error) {
    from_memory = error.what();
  }
  CHECK_EQ(from_memory, text == "no error" ? text : "memory: " + text);
  return text;
}

/// Rise of the peak memory of a child process while it rejects the file.
[[maybe_unused]] int mebibytes_to_reject(const std::filesystem::path& path) {
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
  };
  const pid_t child = fork();
  if (child == 0) {
    const long before = peak();
    try {
      read_idx_images(path);
    } catch (const FileError&) {
      _exit(static_cast<int>(std::min(peak() - before, 255L)));
    } catch (...) {
    }
    _exit(255);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

const Bytes three_images = idx({3, 2, 4});
const Bytes five_labels = idx({5});

}  // namespace

TEST_CASE("idx: images and labels, raw and gzip, with any name") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "a.gz", "a.idx3-ubyte"}) {
    for (const bool compressed : {false, true}) {
      const IdxArray images = read_idx_images(write(folder / name, compressed ? gzip(three_images) : three_images));
      CHECK_EQ(images.sizes, std::vector<Index>{3, 2, 4});
      CHECK_EQ(images.bytes, Bytes(three_images.begin() + 16, three_images.end()));
      const IdxArray labels = read_idx_labels(write(folder / name, compressed ? gzip(five_labels) : five_labels));
      CHECK_EQ(labels.sizes, std::vector<Index>{5});
      CHECK_EQ(labels.bytes, Bytes{0, 1, 2, 3, 4});
    }
  }
}

TEST_CASE("idx: from memory, and gzip of several members") {
  CHECK_EQ(read_idx_labels("memory", five_labels).bytes, Bytes{0, 1, 2, 3, 4});
  CHECK_EQ(read_idx_labels("memory", gzip(five_labels)).bytes, Bytes{0, 1, 2, 3, 4});
  const Bytes two_members = gzip(first(five_labels, 10)) + gzip({2, 3, 4});
  CHECK_EQ(read_idx_labels("memory", two_members).bytes, Bytes{0, 1, 2, 3, 4});
}

TEST_CASE("idx: files larger than the buffer and than what is allocated from the header alone") {
  const TemporaryFolder folder;
  const Bytes large = idx({51, 1000, 1000});
  for (const Bytes& file : {large, gzip(large)}) {
    const IdxArray images = read_idx_images(write(folder / "large", file));
    CHECK(images.bytes == Bytes(large.begin() + 16, large.end()));
  }
  CHECK_EQ(error_of(write(folder / "large", first(large, large.size() - 1))),
           "expected 51000000 bytes of images from offset 16 on, got 50999999; the file is "
           "truncated, download it again");
}

TEST_CASE("idx: missing, unreadable and special files") {
  const TemporaryFolder folder;
  CHECK_EQ(error_of(folder.path() / "missing"), "expected a file, got 'No such file or directory'; check the path");
  CHECK_EQ(error_of(write(folder / "file", three_images) / "x"),
           "expected a file, got 'Not a directory'; check the path");
  CHECK_EQ(error_of(folder.path()), "expected a file, got a folder; check the path");
  const std::filesystem::path pipe = folder.path() / "pipe";
  REQUIRE_EQ(mkfifo(pipe.c_str(), 0600), 0);
  CHECK_EQ(error_of(pipe), "expected a file, got a pipe or a device; check the path");
  CHECK_EQ(error_of("/dev/zero"), "expected a file, got a pipe or a device; check the path");

  const std::filesystem::path locked = write(folder / "locked", three_images);
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  const bool root = geteuid() == 0;  // may read everything
  if (root) REQUIRE_EQ(seteuid(65534), 0);
  const std::string text = error_of(locked);
  if (root) REQUIRE_EQ(seteuid(0), 0);
  CHECK_EQ(text, "expected a readable file, got 'Permission denied'; check its permissions");
}

TEST_CASE("idx: empty files, and files shorter than a header") {
  CHECK_EQ(error_of(Bytes{}),
           "expected an IDX file of images (magic number 0x00000803 at offset 0), got an empty file; "
           "download it again");
  for (std::size_t size = 1; size < 16; ++size) {
    const std::string part = size < 4 ? "magic number" : "header of 16 bytes";
    const std::string text = error_of(first(three_images, size));
    CHECK_MESSAGE(text.find(part) != text.npos, text);
    CHECK_MESSAGE(text.find("got the end of the file at offset " + std::to_string(size)) != text.npos, text);
  }
  for (std::size_t size = 1; size < 8; ++size) {
    const std::string text = error_of(first(five_labels, size), Kind::labels);
    CHECK_MESSAGE(text.find("got the end of the file at offset " + std::to_string(size)) != text.npos, text);
  }
}

TEST_CASE("idx: other formats") {
  const std::string images = "expected an IDX file of images (magic number 0x00000803 at offset 0), got ";
  const std::string page = "an HTML or XML page; the download failed, repeat it";
  CHECK_EQ(error_of(text("<!DOCTYPE html><html><body>404</body></html>")), images + page);
  CHECK_EQ(error_of(text("\xEF\xBB\xBF\r\n <html>")), images + page);
  CHECK_EQ(error_of(text("<")), images + page);
  CHECK_EQ(error_of(text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a")),
           images + "a Git LFS pointer to the file; get it with 'git lfs pull'");
  CHECK_EQ(
      error_of(text("version https://git-lfs.github.com/spec/v1\n"), Kind::labels),
      "expected an IDX file of labels (magic number 0x00000801 at offset 0), got a Git LFS pointer to the file; get "
      "it with 'git lfs pull'");
  CHECK_EQ(error_of(text("PK\x03\x04 and so on")), images + "a zip archive; unpack it first");
  CHECK_EQ(error_of(text("label,pixel1,pixel2")), images + "0x6c616265; this is another format");
  CHECK_EQ(error_of(text("      ")), images + "0x20202020; this is another format");
}

TEST_CASE("idx: wrong magic numbers") {
  const std::string images = "expected an IDX file of images (magic number 0x00000803 at offset 0), got ";
  const std::string labels = "expected an IDX file of labels (magic number 0x00000801 at offset 0), got ";
  const std::string reversed = "reversed bytes; convert the file to big-endian";
  CHECK_EQ(error_of(Bytes{3, 8, 0, 0} + three_images), images + reversed);
  CHECK_EQ(error_of(Bytes{1, 8, 0, 0} + five_labels, Kind::labels), labels + reversed);
  CHECK_EQ(error_of(idx({5, 1})), images + "2 dimensions at offset 3; images have 3, labels 1");
  CHECK_EQ(error_of(five_labels), images + "labels (1 dimension at offset 3); were two files swapped?");
  CHECK_EQ(error_of(three_images, Kind::labels), labels + "images (3 dimensions at offset 3); were two files swapped?");
  for (const int type : {0x00, 0x09, 0x0d, 0xff}) {
    const std::string text = error_of(with(three_images, 2, static_cast<std::uint8_t>(type)));
    CHECK_EQ(text, images + fmt::format("the element type {:#04x} at offset 2; store unsigned bytes (0x08)", type));
  }
  CHECK_EQ(error_of(with(three_images, 3, 0)), images + "0 dimensions at offset 3; images have 3, labels 1");
  CHECK_EQ(error_of(with(three_images, 3, 255)), images + "255 dimensions at offset 3; images have 3, labels 1");
}

TEST_CASE("idx: impossible sizes") {
  const std::string nothing = ", got 0; the file is empty";
  CHECK_EQ(error_of(idx({0, 2, 4})), "expected a count of at least 1 at offset 4" + nothing);
  CHECK_EQ(error_of(idx({3, 0, 4})), "expected a number of rows of at least 1 at offset 8" + nothing);
  CHECK_EQ(error_of(idx({3, 2, 0})), "expected a number of columns of at least 1 at offset 12" + nothing);
  CHECK_EQ(error_of(idx({0}), Kind::labels), "expected a count of at least 1 at offset 4" + nothing);

  const TemporaryFolder folder;
  const auto raw_and_compressed = [&](const Bytes& bytes, Kind kind, const std::string& rest) {
    CHECK_EQ(error_of(write(folder / "raw", bytes), kind), "expected at most 1024 MiB of " + rest);
    CHECK_EQ(error_of(write(folder / "compressed", gzip(bytes)), kind), "expected at most 256 MiB of " + rest);
  };
  const std::string damaged = "; the header is damaged";
  raw_and_compressed(header({0xffffffff, 28, 28}), Kind::images,
                     "images, got a count of 4294967295 at offset 4" + damaged);
  raw_and_compressed(header({0xffffffff}), Kind::labels, "labels, got a count of 4294967295 at offset 4" + damaged);
  raw_and_compressed(header({1, 65536, 65536}), Kind::images,
                     "images, got a number of columns of 65536 at offset 12" + damaged);
  raw_and_compressed(header({0x10000000, 0xffffffff, 0xffffffff}), Kind::images,
                     "images, got a number of rows of 4294967295 at offset 8" + damaged);
  CHECK_EQ(
      error_of(write(folder / "compressed", gzip(header({600'000, 28, 28})))),
      "expected at most 256 MiB of images, got a number of columns of 28 at offset 12; unpack the file with gunzip "
      "first");
  CHECK_EQ(error_of(write(folder / "raw", header({600'000, 28, 28}))),
           "expected 470400000 bytes of images from offset 16 on, got 0; the file is "
           "truncated, download it again");
}

TEST_CASE("idx: missing and trailing bytes") {
  CHECK_EQ(error_of(first(three_images, three_images.size() - 1)),
           "expected 24 bytes of images from offset 16 on, got 23; the file is "
           "truncated, download it again");
  CHECK_EQ(error_of(first(five_labels, 8), Kind::labels),
           "expected 5 bytes of labels from offset 8 on, got 0; the file is "
           "truncated, download it again");
  CHECK_EQ(error_of(three_images + Bytes{0}),
           "expected the end of 3 images at offset 40, got trailing bytes; the file or its count is damaged");
}

TEST_CASE("idx: damaged gzip files") {
  const TemporaryFolder folder;
  const Bytes compressed = gzip(three_images);
  const std::size_t size = compressed.size();
  const auto flipped = [&](std::size_t offset) {
    return with(compressed, offset, static_cast<std::uint8_t>(compressed[offset] ^ 1));
  };
  CHECK_EQ(error_of(write(folder / "crc", flipped(size - 8))),
           "expected valid gzip data, got 'incorrect data check' at offset " + std::to_string(size - 4) +
               "; download the file again");
  CHECK_EQ(error_of(write(folder / "length", flipped(size - 1))),
           "expected valid gzip data, got 'incorrect length check' at offset " + std::to_string(size) +
               "; download the file again");
  CHECK_EQ(error_of(write(folder / "trailing", compressed + Bytes{0})),
           "expected the end of the gzip file at offset " + std::to_string(size) + ", got more; download it again");
  for (std::size_t length = 2; length < size; ++length) {
    CHECK_EQ(error_of(write(folder / "truncated", first(compressed, length))),
             "expected more gzip data at offset " + std::to_string(length) +
                 ", got the end of the file; it is truncated, download it again");
  }
  const Bytes whole(three_images.begin() + 16, three_images.end());
  std::size_t unnoticed = 0;  // for example in the time stamp
  for (std::size_t bit = 0; bit < 8 * size; ++bit) {
    const auto value = static_cast<std::uint8_t>(compressed[bit / 8] ^ (1 << bit % 8));
    try {
      const IdxArray array = read_idx_images("flipped", with(compressed, bit / 8, value));
      CHECK_EQ(array.bytes, whole);
      ++unnoticed;
    } catch (const FileError&) {
    }
  }
  CHECK(unnoticed < size);
}

TEST_CASE("idx: decompression bombs and false sizes take less than 64 MiB and a second") {
  const TemporaryFolder folder;
  const Bytes zeros(40'000'000);
  Bytes bomb = gzip(header({200, 1000, 1000}) + zeros);
  for (const Bytes part = gzip(zeros); bomb.size() < 12 * part.size();) bomb = bomb + part;
  const auto small = write(folder / "small", gzip(header({3, 2, 4}) + zeros));
  const auto medium = write(folder / "medium", bomb);
  const auto false_size = write(folder / "false_size", header({250, 1000, 1000}));

  CHECK_EQ(error_of(small),
           "expected the end of 3 images at offset 40, got trailing bytes; the file or its count is damaged");
  CHECK_EQ(error_of(medium),
           "expected the end of 200 images at offset 200000016, got trailing bytes; the file or its count is damaged");
  CHECK(error_of(false_size).starts_with("expected 250000000 bytes of images from offset 16 on"));
#ifndef __SANITIZE_ADDRESS__  // the sanitizer keeps freed memory
  for (const auto& path : {small, medium, false_size}) CHECK(mebibytes_to_reject(path) < 64);
#endif
}
