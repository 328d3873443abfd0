// A training in processes of their own, which differ in their threads: with any number of them, and where the system
// does not start some, it leaves the same bits. This process starts no thread, so that each begins with none.
#include "support/failing_threads.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

using namespace gradus;

namespace {

/// FNV-1a of names, tensors and numbers.
class Checksum : public Archive {
 public:
  bool restoring() const override { return false; }
  std::uint64_t value = 0xcbf29ce484222325;

 private:
  void add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) value = (value ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  }
  void visit_tensor(const std::string& name, Tensor& tensor) override {
    add(std::as_bytes(std::span(name)));
    add(std::as_bytes(std::span(tensor.values())));
  }
  void visit_text(const std::string& name, std::string& text) override {
    add(std::as_bytes(std::span(name)));
    add(std::as_bytes(std::span(text)));
  }
};

/// Of all that is left of a training that prefetches its batches and is interrupted in its second epoch, and of the
/// rest of it, which goes on from a checkpoint.
std::uint64_t train(const std::filesystem::path& folder) {
  Checksum checksum;
  for (const Index interruption : {5, -1}) {
    set_seed(1);
    const Dataset data(Tensor::normal({96, 16, 16, 3}), Tensor::normal({96, 4}));
    const auto noise = [](Batch& batch, RandomKey key) {
      Generator generator(key.seed, key.stream);
      for (Real& x : batch.inputs.values()) x += static_cast<Real>(0.1 * generator.normal());
    };
    Prefetched batches(Transformed(DataLoader(data, {.batch_size = 32, .shuffle = true}), noise));
    Sequential model{Input{{16, 16, 3}},
                     Conv2D{32, 3, {.activation = "relu"}},
                     BatchNormalization{},
                     MaxPooling2D{},
                     Dropout{0.2},
                     DepthwiseConv2D{3},
                     Flatten{},
                     Dense{128, {.activation = "gelu"}},
                     LayerNormalization{},
                     Dense{4}};
    Adam optimizer;
    const History history =
        fit(model, optimizer, batches,
            {.epochs = 3,
             .validation = &data,
             .show_progress = false,
             .callbacks = {on_step_end([=](TrainingState& state) {
               if (state.total_steps == interruption) state.stop = state.interrupted = true;
             })},
             .checkpoint = Checkpoint(folder, {.every_steps = 2, .resume = true, .verbose = false})});
    checksum("model", model);
    optimizer.visit_state(checksum, model.parameters());
    checksum("generator", default_generator());
    std::vector<double> losses = history.column("loss");
    checksum("losses", losses);
  }
  return checksum.value;
}

struct Result {
  bool trained = false;
  std::uint64_t checksum = 0;
  std::int64_t loops = 0;  // that were cut for several threads
  int starts = 0;          // of threads, also those that failed
};

/// The result of a process whose starts of threads from `first` to before `end` fail.
Result train_in_process(int threads, int first = std::numeric_limits<int>::max(),
                        int end = std::numeric_limits<int>::max()) {
  const TemporaryFolder folder;
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      thread_starts.first = first;
      thread_starts.end = end;
      set_threads(threads);
      const std::uint64_t checksum = train(folder / "run");
      const Result result{true, checksum, parallel_statistics().loops, thread_starts.calls};
      ::_exit(::write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
    } catch (const std::exception& error) {
      fmt::print("{}\n", error.what());
      ::_exit(1);
    }
  }
  ::close(ends[1]);
  Result result;
  std::array<char, sizeof(Result)> bytes{};
  if (::read(ends[0], bytes.data(), bytes.size()) == std::ssize(bytes))
    std::memcpy(&result, bytes.data(), bytes.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  return result;
}

}  // namespace

TEST_CASE("a training has the same bits for any number of threads") {
  const Result alone = train_in_process(1);
  CHECK(alone.trained);
  CHECK(alone.loops > 100);
  MESSAGE("bits of the training: " << fmt::format("{:016x}", alone.checksum));
  for (const int threads : {2, 3, 4, 8}) {
    CAPTURE(threads);
    const Result together = train_in_process(threads);
    CHECK(together.checksum == alone.checksum);
    CHECK(together.loops == alone.loops);
    CHECK(together.starts >= threads - 1);
  }
}

TEST_CASE("a training has the same bits where any thread cannot be started, or all from one on") {
  const Result expected = train_in_process(4);
  CHECK(expected.starts == 5);  // 3 for the pool, 1 for the batches of each part of the training
  for (int first = 0; first < expected.starts; ++first) {
    CAPTURE(first);
    for (const int end : {first + 1, std::numeric_limits<int>::max()}) {
      const Result result = train_in_process(4, first, end);
      CHECK(result.checksum == expected.checksum);
      CHECK(result.starts > first);  // it did fail
    }
  }
}
