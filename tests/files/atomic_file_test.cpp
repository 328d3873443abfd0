#include <gradus/files/atomic_file.h>

#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

namespace fs = std::filesystem;

struct Folder : TemporaryFolder {
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(path()), {}); }
};

/// The text of the FileError from writing to `path`.
std::string error_text(const fs::path& path, std::string_view text = "new") {
  try {
    write_atomically(path, text);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

/// Runs `work` in a child process. Returns its exit status.
template <class Work>
int in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("write_atomically: files are created and replaced") {
  const Folder folder;
  const fs::path path = folder / "report.csv";
  write_atomically(path, "epoch,loss\n");
  CHECK(file_text(path) == "epoch,loss\n");
  write_atomically(path, "");
  CHECK(file_text(path).empty());

  const std::string head = "head";
  const std::string body(3'000'000, 'x');
  const std::array<std::span<const std::byte>, 3> parts{
      std::as_bytes(std::span(head)), {}, std::as_bytes(std::span(body))};
  write_atomically(path, parts);
  CHECK(file_text(path) == head + body);
  CHECK(folder.files() == 1);
}

TEST_CASE("write_atomically: a path without a folder is in the current folder") {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_atomically("history.json", "{}");
  fs::current_path(before);
  CHECK(file_text(folder / "history.json") == "{}");
  CHECK(folder.files() == 1);
}

TEST_CASE("write_atomically: names of the maximum length") {
  const Folder folder;
  write_atomically(folder / std::string(255, 'n'), "x");
  const fs::path path = folder / std::string(256, 'n');
  CHECK(error_text(path) == path.string() +
                                ": expected to rename a temporary file to this name, got 'File name too long'; "
                                "check the folder and the disk");
  CHECK(folder.files() == 1);
}

TEST_CASE("write_atomically: new files follow the umask, replaced files keep their permissions") {
  const Folder folder;
  const fs::path path = folder / "weights";
  const mode_t before = ::umask(027);
  write_atomically(path, "x");
  CHECK(fs::status(path).permissions() == fs::perms{0640});
  fs::permissions(path, fs::perms{0600});
  write_atomically(path, "y");
  CHECK(fs::status(path).permissions() == fs::perms{0600});
  ::umask(before);
}

TEST_CASE("write_atomically: links, folders, pipes and devices are rejected") {
  const Folder folder;
  const fs::path target = folder / "target";
  write_atomically(target, "old");
  const fs::path link = folder / "link";
  fs::create_symlink(target, link);
  CHECK(error_text(link) ==
        link.string() + ": expected a file or a new name, got a symbolic link; use the path of its target");
  CHECK(fs::is_symlink(link));
  CHECK(file_text(target) == "old");
  const fs::path dangling = folder / "dangling";
  fs::create_symlink(folder / "nowhere", dangling);
  CHECK(error_text(dangling).find("got a symbolic link") != std::string::npos);

  const std::string name = folder.path().string();
  CHECK(error_text(folder.path()) == name + ": expected a file or a new name, got a folder; add the name of a file");
  CHECK(error_text(name + "/") == name + "/: expected a file or a new name, got a folder; add the name of a file");
  CHECK(error_text(name + "/new/") == name + "/new/: expected the path of a file, got no file name; add one");
  CHECK(error_text("") == ": expected the path of a file, got no file name; add one");
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error_text(pipe) ==
        pipe.string() + ": expected a file or a new name, got a pipe or a device; use another path");
  CHECK(error_text("/dev/full") ==
        "/dev/full: expected a file or a new name, got a pipe or a device; use another path");
  CHECK(folder.files() == 4);
}

TEST_CASE("write_atomically: folders that are missing or read-only") {
  const Folder folder;
  const std::string name = folder.path().string();
  CHECK(error_text(name + "/no/file") == name + "/no/file: expected to create a file in '" + name +
                                             "/no', got "
                                             "'No such file or directory'; check the folder and the disk");
  write_atomically(name + "/file", "old");
  CHECK(error_text(name + "/file/x") == name + "/file/x: expected to create a file in '" + name +
                                            "/file', got "
                                            "'Not a directory'; check the folder and the disk");
  if (::geteuid() == 0) return;  // root may write everywhere
  fs::permissions(name + "/file", fs::perms{0400});
  CHECK(error_text(name + "/file") == name +
                                          "/file: expected a writable file, got 'Permission denied'; check "
                                          "the folder and the disk (the previous file is unchanged)");
  fs::permissions(name + "/file", fs::perms{0600});
  fs::permissions(name, fs::perms{0500});
  CHECK(error_text(name + "/file") ==
        name + "/file: expected to create a file in '" + name +
            "', got "
            "'Permission denied'; check the folder and the disk (the previous file is unchanged)");
  CHECK(file_text(name + "/file") == "old");
  fs::permissions(name, fs::perms{0700});
}

TEST_CASE("write_atomically: a full disk") {
  const Folder folder;
  const fs::path path = folder / "weights";
  write_atomically(path, "old");
  // A limit on file sizes has the effects of a full disk: first a short write, then an error.
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string expected = path.string() +
                                 ": expected to write 500 bytes after the first 1000, got 'File too large'; "
                                 "check the folder and the disk (the previous file is unchanged)";
    return error_text(path, std::string(1500, 'x')) == expected ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(file_text(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("write_atomically: temporary files of killed processes are removed") {
  const Folder folder;
  const int status = in_child([&] {
    for (int i = 0; i < 50; ++i) {
      std::ofstream(folder / (".gradus-" + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp")) << "left";
    }
    return error_text(folder / "weights") == "no error" ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(file_text(folder / "weights") == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("write_atomically: temporary files in use and other files stay") {
  const Folder folder;
  const auto put = [&](const char* name) { std::ofstream(folder / name) << "x"; };
  put(".gradus-1-1.tmp");
  put(".gradus-notes");
  put("model.tmp");
  fs::create_directory(folder / ".gradus-folder.tmp");
  fs::create_symlink(folder / "model.tmp", folder / ".gradus-link.tmp");
  const int other = ::open((folder / ".gradus-1-1.tmp").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(other, LOCK_EX) == 0);  // as another process does that writes
  write_atomically(folder / "weights", "new");
  CHECK(folder.files() == 6);
  ::close(other);
  write_atomically(folder / "weights", "new");
  CHECK(folder.files() == 5);
  CHECK_FALSE(fs::exists(folder / ".gradus-1-1.tmp"));
}

TEST_CASE("write_atomically: threads do not remove each other's files") {
  const Folder folder;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const fs::path path = folder / std::to_string(i);
      for (int round = 0; round < 50; ++round) failed += error_text(path, std::string(100, 'x')) != "no error";
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(folder.files() == 4);
}

TEST_CASE("write_atomically: two processes at once leave one complete file") {
  const Folder folder;
  const fs::path path = folder / "weights";
  const auto text = [](char letter) { return std::string(letter == 'a' ? 100'000 : 150'000, letter); };
  write_atomically(path, text('a'));
  std::vector<pid_t> children;
  for (const char letter : {'a', 'b'}) {
    children.push_back(::fork());
    if (children.back() == 0) {
      bool good = true;
      for (int i = 0; i < 30; ++i) good &= error_text(path, text(letter)) == "no error";
      ::_exit(good ? 0 : 1);
    }
  }
  for (std::size_t running = 2; running > 0;) {
    const std::string found = file_text(path);
    CHECK((found == text('a') || found == text('b')));
    int status = 0;
    for (const pid_t child : children) {
      if (::waitpid(child, &status, WNOHANG) != child) continue;
      CHECK(status == 0);
      --running;
    }
  }
  CHECK(folder.files() == 1);
}

}  // namespace
