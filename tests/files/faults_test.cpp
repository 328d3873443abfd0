// Every call of the system and every allocation of saving and loading fails once. The linker puts the functions
// __wrap_* in the place of the system's (see tests/CMakeLists.txt).
#include "bench/allocations.h"
#include "support/compare.h"
#include "support/sanitized.h"
#include "support/temporary_folder.h"

#include <gradus/files/verify.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string_view>

using namespace gradus;

namespace {

struct {
  std::string_view function;
  int left = 0;   // calls before the one that fails
  int error = 0;  // errno, or `killed`
  bool happened = false;
} fault;

constexpr int killed = -1;

/// Whether this call fails, with errno. Or the process is killed before it.
bool fails(std::string_view function) {
  if (function != fault.function || fault.left-- != 0) return false;
  fault.happened = true;
  if (fault.error == killed) ::kill(::getpid(), SIGKILL);
  errno = fault.error;
  return true;
}

bool reading_failed = false;

}  // namespace

extern "C" {
int __real_open(const char* path, int flags, ...);
ssize_t __real_write(int file, const void* bytes, size_t size);
int __real_fsync(int file);
int __real_rename(const char* from, const char* to);
int __real_flock(int file, int operation);
int __real_fstat(int file, struct stat* status);
int __real_lstat(const char* path, struct stat* status);
FILE* __real_fopen(const char* path, const char* mode);
size_t __real_fread(void* bytes, size_t size, size_t count, FILE* file);
int __real_ferror(FILE* file);
int __real_fseeko(FILE* file, off_t offset, int origin);

int __wrap_open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails("open") ? -1 : __real_open(path, flags, mode);
}
ssize_t __wrap_write(int file, const void* bytes, size_t size) {
  if (fails("write")) return -1;
  return __real_write(file, bytes, fails("short write") ? size / 2 : size);
}
int __wrap_fsync(int file) { return fails("fsync") ? -1 : __real_fsync(file); }
int __wrap_rename(const char* from, const char* to) { return fails("rename") ? -1 : __real_rename(from, to); }
int __wrap_flock(int file, int operation) { return fails("flock") ? -1 : __real_flock(file, operation); }
int __wrap_fstat(int file, struct stat* status) { return fails("fstat") ? -1 : __real_fstat(file, status); }
int __wrap_lstat(const char* path, struct stat* status) { return fails("lstat") ? -1 : __real_lstat(path, status); }
FILE* __wrap_fopen(const char* path, const char* mode) { return fails("fopen") ? nullptr : __real_fopen(path, mode); }
size_t __wrap_fread(void* bytes, size_t size, size_t count, FILE* file) {
  reading_failed = fails("fread");
  return reading_failed ? 0 : __real_fread(bytes, size, count, file);
}
int __wrap_ferror(FILE* file) { return reading_failed ? 1 : __real_ferror(file); }
int __wrap_fseeko(FILE* file, off_t offset, int origin) {
  return fails("fseeko") ? -1 : __real_fseeko(file, offset, origin);
}
}

namespace {

/// The text of the error of `call`, or "no error". Anything but a FileError is a failure.
std::string outcome(const std::function<void()>& call) {
  try {
    call();
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

/// Lets the n-th call of a function fail in `call`, for every n. Returns the number of faults.
int fail_each(std::string_view function, int error, const std::function<void()>& call,
              const std::function<void(const std::string&)>& check) {
  int count = 0;
  for (bool happened = true; happened; ++count) {
    fault = {function, count, error, false};
    const std::string text = outcome(call);
    happened = fault.happened;
    fault = {};
    reading_failed = false;
    INFO(function << " " << count << ": " << text);
    if (happened) check(text);
    CHECK((happened || text == "no error"));
  }
  return count - 1;
}

/// Kills a process before the n-th call of a function in `work`, for every n, and calls `check` each time. Returns the
/// number of kills.
int kill_at_each(std::string_view function, const std::function<void()>& work, const std::function<void()>& check) {
  for (int count = 0;; ++count) {
    const pid_t child = ::fork();
    if (child == 0) {
      fault = {function, count, killed, false};
      ::_exit(outcome(work) == "no error" ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    INFO(function << " " << count);
    check();
    if (WIFSIGNALED(status)) continue;
    CHECK(WEXITSTATUS(status) == 0);
    return count;
  }
}

int fail_each_allocation(const std::function<void()>& call, const std::function<void(const std::string&)>& check) {
  int count = 0;
  for (bool happened = true; happened; ++count) {
    release_idle_memory();  // so that tensors allocate
    std::string text;
    fail_allocation_after(count);
    try {
      call();
      text = "no error";
    } catch (const FileError& error) {
      text = error.what();
    } catch (const std::exception& error) {
      text = std::string("an error of another type: ") + error.what();
    }
    happened = allocation_failed();
    INFO("allocation " << count << ": " << text);
    CHECK(text.find("an error of another type") == std::string::npos);
    if (happened) check(text);
    CHECK((happened || text == "no error"));
  }
  return count - 1;
}

Sequential network(int seed) {
  set_seed(static_cast<std::uint64_t>(seed));
  return Sequential{Input{{3}}, Dense{4, {.activation = "relu"}}, BatchNormalization{}, Dense{2}};
}

/// Saving may fail, but the file is the old one or the new one, and nothing else is left.
struct Saving {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "model.safetensors";
  Sequential before = network(1), after = network(2);
  std::string old_bytes = (save_model(before, path), file_text(path));
  std::string new_bytes = (save_model(after, path), file_text(path));

  void put_back() const { std::ofstream(path, std::ios::binary) << old_bytes; }

  void check(const std::string& text, std::string_view reason) const {
    const std::string found = file_text(path);
    CHECK((found == old_bytes || found == new_bytes));
    if (text == "no error") {
      CHECK(found == new_bytes);
    } else {
      CHECK(text.starts_with(path.string() + ": expected "));
      CHECK(text.find(reason) != std::string::npos);
      CHECK((found == old_bytes || text.find("the new file is complete") != std::string::npos));
    }
    CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
    put_back();
  }
};

}  // namespace

TEST_CASE("every call of the system in a save fails once") {
  const Saving saving;
  const auto save = [&] { save_model(saving.after, saving.path); };
  const auto faults = [&](std::string_view function, int error) {
    saving.put_back();
    return fail_each(function, error, save, [&](const std::string& text) { saving.check(text, std::strerror(error)); });
  };
  CHECK(faults("open", EACCES) == 2);  // the file, the folder
  CHECK(faults("write", ENOSPC) >= 3);
  CHECK(faults("short write", 0) >= 3);
  CHECK(faults("write", EINTR) >= 3);
  CHECK(faults("fsync", EIO) == 2);
  CHECK(faults("rename", EACCES) == 1);
  CHECK(faults("flock", ENOLCK) == 1);
  CHECK(faults("fstat", EIO) == 1);
  CHECK(faults("lstat", EIO) == 1);
}

TEST_CASE("a process that is killed before any call of the system in a save leaves a complete file") {
  const Saving saving;
  std::ptrdiff_t left = 0;
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(saving.folder.path()), {}); };
  const auto kills = [&](std::string_view function) {
    left = 0;
    return kill_at_each(
        function, [&] { save_model(saving.after, saving.path); },
        [&] {
          const std::string found = file_text(saving.path);
          CHECK((found == saving.old_bytes || found == saving.new_bytes));
          CHECK(files() <= 2);
          left += files() - 1;
          save_model(saving.before, saving.path);  // removes what is left
          CHECK(files() == 1);
        });
  };
  CHECK(kills("open") == 2);  // the file, the folder
  CHECK(left == 0);
  CHECK(kills("flock") == 1);
  CHECK(left == 1);
  const int writes = kills("write");
  CHECK(writes >= 3);
  CHECK(left == writes);
  CHECK(kills("fsync") == 2);
  CHECK(left == 1);
  CHECK(kills("rename") == 1);
  CHECK(left == 1);
}

TEST_CASE("every call of the system in a load fails once") {
  const Saving saving;
  const Tensor x = Tensor::ones({2, 3});
  Sequential model = network(3);
  const Tensor untouched = model.predict(x);
  const auto faults = [&](std::string_view function, const std::function<void()>& load) {
    return fail_each(function, EIO, load, [&](const std::string& text) {
      CHECK(text.starts_with(saving.path.string() + ": expected "));
      CHECK(text.find(std::strerror(EIO)) != std::string::npos);
      CHECK(same_bits(model.predict(x), untouched));
    });
  };
  for (const char* function : {"fopen", "fread", "fstat"}) {
    CHECK(faults(function, [&] { load_model(saving.path); }) == 1);
    CHECK(faults(function, [&] { verify_file(saving.path); }) == 1);
    Sequential other = network(4);
    CHECK(faults(function, [&] { load_weights(other, saving.path); }) == 1);
  }
  CHECK(faults("fseeko", [&] {
          SafetensorsFile file(saving.path);
          file.read("dense.kernel");
          file.read(file.entries().back());
        }) == 0);  // a small file is read at once
  save_model(Sequential{Input{{100}}, Dense{400}, Dense{50}}, saving.path);
  CHECK(faults("fread", [&] { load_model(saving.path); }) > 3);
  CHECK(faults("fseeko", [&] {
          SafetensorsFile file(saving.path);
          file.read("dense_1.bias");
          file.read("dense.kernel");
        }) == 2);
}

TEST_CASE("every allocation in a save fails once") {
  const Saving saving;
  saving.put_back();
  const int count = fail_each_allocation([&] { save_model(saving.after, saving.path); },
                                         [&](const std::string& text) { saving.check(text, "expected memory"); });
  MESSAGE(count << " allocations failed in a save");
  CHECK(count > 100);
}

TEST_CASE("every allocation in a load fails once") {
  const Saving saving;
  const Tensor x = Tensor::ones({2, 3});
  const auto check = [&](const std::string& text) {
    if (text != "no error") CHECK(text.starts_with(saving.path.string() + ": expected memory"));
  };
  int count = fail_each_allocation([&] { load_model(saving.path); }, check);
  MESSAGE(count << " allocations failed in a load");
  CHECK(count > 100);
  CHECK(fail_each_allocation([&] { verify_file(saving.path); }, check) > 50);
  Sequential model = network(3);
  const Tensor untouched = model.predict(x);
  const TemporaryFolder folder;
  save_model(model, folder / "untouched");
  const Tensor loaded = load_model(saving.path).predict(x);
  count = fail_each_allocation([&] { load_weights(model, saving.path); },
                               [&](const std::string& text) {
                                 check(text);
                                 const bool failed = text != "no error";
                                 CHECK(same_bits(model.predict(x), failed ? untouched : loaded));
                                 if (!failed) load_weights(model, folder / "untouched");
                               });
  CHECK(count > 50);
}

TEST_CASE("every call of the system and every allocation for arrays of NumPy fails once") {
  const TemporaryFolder folder;
  const auto path = folder / "arrays.npz";
  const std::vector<SafeTensor> tensors{{"a", Tensor::ones({3})}, {"b", Tensor::ones({2, 2})}};
  save_npz(path, tensors);
  const std::string bytes = file_text(path);
  const auto check = [&](const std::string& text) {
    CHECK((text == "no error" || text.starts_with(path.string() + ": expected ")));
    CHECK(file_text(path) == bytes);
    CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
  };
  for (const char* function : {"open", "write", "fsync", "rename"}) {
    CHECK(fail_each(
              function, EIO, [&] { save_npz(path, tensors); }, check) > 0);
  }
  for (const char* function : {"fopen", "fread"}) {
    CHECK(fail_each(
              function, EIO, [&] { load_npz(path); }, check) > 0);
  }
  CHECK(fail_each_allocation([&] { save_npz(path, tensors); }, check) > 20);
  CHECK(fail_each_allocation([&] { load_npz(path); }, check) > 20);
}

namespace {

/// A training of 3 steps that is saved after each of them.
Tensor train_and_save(const std::filesystem::path& folder) {
  set_seed(1);
  const Dataset data(Tensor::normal({24, 3}), Tensor::normal({24, 2}));
  Sequential model = network(1);
  Adam optimizer;
  fit(model, optimizer, data,
      {.batch_size = 8,
       .show_progress = false,
       .checkpoint = Checkpoint(folder, {.every_steps = 1, .keep = 2, .resume = true, .verbose = false})});
  return model.parameters()["dense.kernel"].value().clone();
}

/// Lets the n-th call or allocation of a training fail, for every n (under sanitizers for some); afterwards it goes on
/// to the same bits. `begin` sets the fault, `happened` ends it. Returns the number of calls.
int survive_each(const std::function<void(const std::filesystem::path&)>& prepare,
                 const std::function<void(int)>& begin, const std::function<bool()>& happened, int stride = 1) {
  const TemporaryFolder scratch;
  const Tensor expected = train_and_save(scratch / "whole");
  int count = 0;
  for (bool again = true; again; count += stride) {
    const std::filesystem::path folder = scratch / fmt::format("run-{}", count);
    prepare(folder);
    release_idle_memory();
    std::string text = "no error";
    begin(count);
    try {
      train_and_save(folder);
    } catch (const std::exception& error) {
      text = error.what();
    }
    again = happened();
    INFO("fault " << count << ": " << text);
    CHECK((again || text == "no error"));
    std::string after = "no error";
    try {
      CHECK(same_bits(train_and_save(folder), expected));
    } catch (const std::exception& error) {
      after = error.what();
    }
    CHECK(after == "no error");
    std::filesystem::remove_all(folder);
  }
  return count - stride;
}

}  // namespace

TEST_CASE("every call of the system in a training with checkpoints fails once, and nothing is lost") {
  const TemporaryFolder half;  // of a training that was interrupted
  fault = {"rename", 0, EIO, false};
  CHECK(outcome([&] { train_and_save(half / "run"); }) == "no error");  // a later save made up for it
  fault = {};
  std::filesystem::remove(half / "run" / "checkpoint-000000003.safetensors");
  CHECK(std::distance(std::filesystem::directory_iterator(half / "run"), {}) == 1);
  const auto faults = [&](std::string_view function, int error, bool resuming) {
    return survive_each(
        [&](const std::filesystem::path& folder) {
          if (resuming) std::filesystem::copy(half / "run", folder);
        },
        [&](int count) {
          fault = {function, count, error, false};
        },
        [&] {
          const bool happened = fault.happened;
          fault = {};
          reading_failed = false;
          return happened;
        });
  };
  for (const char* function : {"open", "fsync", "rename", "flock", "fstat", "lstat"}) {
    CHECK(faults(function, EIO, false) >= 4);
    CHECK(faults(function, EIO, true) >= 1);
  }
  CHECK(faults("write", ENOSPC, false) > 8);
  for (const char* function : {"fopen", "fread"}) CHECK(faults(function, EIO, true) == 1);
}

TEST_CASE("a training that is killed before any call of the system loses nothing") {
  const TemporaryFolder scratch;
  const Tensor expected = train_and_save(scratch / "whole");
  for (const char* function : {"open", "flock", "write", "fsync", "rename"}) {
    const std::filesystem::path folder = scratch / function;
    const int kills = kill_at_each(
        function, [&] { train_and_save(folder); },
        [&] {
          CHECK(same_bits(train_and_save(folder), expected));
          std::filesystem::remove_all(folder);
        });
    CHECK(kills >= 4);
  }
}

TEST_CASE("every allocation in a training with checkpoints fails once, and nothing is lost") {
  const int count = survive_each([](const std::filesystem::path&) {}, [](int n) { fail_allocation_after(n); },
                                 [] { return allocation_failed(); }, sanitized ? 37 : 1);
  MESSAGE(count << " allocations failed in a training with checkpoints");
  CHECK(count > 500);
}
