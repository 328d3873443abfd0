#include "case.h"

#include "../student/not_implemented.h"

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numbers>
#include <numeric>
#include <utility>

namespace harness {

namespace {

using Json = nlohmann::ordered_json;

struct Case {
  const char* task;
  const char* name;
  int points;
  void (*run)();
};

std::vector<Case>& cases() {
  static std::vector<Case> list;
  return list;
}

/// xoshiro256**, seeded by splitmix64: the same numbers with every standard library.
class Generator {
 public:
  void start(std::uint64_t seed) {
    seed_ = seed;
    for (std::uint64_t& word : state_) {
      std::uint64_t z = seed += 0x9e3779b97f4a7c15;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// From [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  std::uint64_t seed() const { return seed_; }

 private:
  static std::uint64_t rotate(std::uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

  std::uint64_t seed_ = 0;
  std::uint64_t state_[4] = {};
};

Generator generator;
std::FILE* report = nullptr;

/// One line of JSON for each event, written at once: what was reported before a crash is not lost.
void write(const Json& event) {
  if (report == nullptr) return;
  const std::string line = event.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
  std::fwrite(line.data(), 1, line.size(), report);
  std::fflush(report);
}

/// JSON has no NaN and no infinity.
Json number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

int list() {
  Json all = Json::array();
  for (const Case& c : cases()) all.push_back({{"task", c.task}, {"name", c.name}, {"points", c.points}});
  std::puts(all.dump(2).c_str());
  return 0;
}

void run(const Case& c) {
  write({{"event", "start"}});
  try {
    c.run();
    write({{"event", "end"}});
  } catch (const student::NotImplemented& error) {
    write({{"event", "not implemented"}, {"text", error.what()}});
  } catch (const std::exception& error) {
    write({{"event", "exception"}, {"text", error.what()}});
  } catch (...) {
    write({{"event", "exception"}, {"text", "not a std::exception"}});
  }
}

/// Reports the time of the fastest of as many runs as there are in 0.3 s, without observations.
void time(const Case& c, std::uint64_t seed) {
  using Clock = std::chrono::steady_clock;
  std::FILE* const out = std::exchange(report, nullptr);
  double fastest = 1e9;
  try {
    const Clock::time_point begin = Clock::now();
    do {
      generator.start(seed);
      const Clock::time_point start = Clock::now();
      c.run();
      fastest = std::min(fastest, std::chrono::duration<double>(Clock::now() - start).count());
    } while (Clock::now() - begin < std::chrono::milliseconds(300));
    report = out;
    write({{"event", "time"}, {"seconds", fastest}});
    write({{"event", "end"}});
  } catch (const std::exception& error) {
    report = out;
    write({{"event", "exception"}, {"text", error.what()}});
  }
}

int usage() {
  std::fputs("usage: cases --list | --case TASK NAME --seed N --out FILE [--time] | --cases LIST\n", stderr);
  return 2;
}

const Case* find(std::string_view task, std::string_view name) {
  const auto found =
      std::find_if(cases().begin(), cases().end(), [&](const Case& c) { return task == c.task && name == c.name; });
  return found == cases().end() ? nullptr : &*found;
}

int run_alone(const Case& c, std::uint64_t seed, const char* out, bool timed) {
  report = std::fopen(out, "w");
  if (report == nullptr) return usage();
  generator.start(seed);
  if (timed) {
    time(c, seed);
  } else {
    run(c);
  }
  return std::fclose(report) == 0 ? 0 : 1;
}

/// Runs each case of a list, with five lines each, in a process of its own, which takes less time than to start as many
/// programs. No report is left of what does not come to the end.
int run_list(const char* file) {
  std::ifstream list(file);
  std::string task, name, seed, seconds, out;
  while (std::getline(list, task) && std::getline(list, name) && std::getline(list, seed) &&
         std::getline(list, seconds) && std::getline(list, out)) {
    const Case* const c = find(task, name);
    if (c == nullptr) return usage();
    const pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) {
      const rlim_t limit = std::strtoull(seconds.c_str(), nullptr, 10);
      const rlimit limits{limit, limit};
      setrlimit(RLIMIT_CPU, &limits);
      std::exit(run_alone(*c, std::strtoull(seed.c_str(), nullptr, 10), out.c_str(), false));
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 0) std::remove(out.c_str());
  }
  return 0;
}

}  // namespace

Registration::Registration(const char* task, const char* name, int points, void (*run)()) {
  cases().push_back({task, name, points, run});
}

// --- inputs ---------------------------------------------------------------------------------------------------------

std::vector<double> normal(std::size_t count, double mean, double deviation) {
  std::vector<double> values(count);
  for (double& value : values) {
    const double radius = std::sqrt(-2 * std::log(1 - generator.unit()));
    value = mean + deviation * radius * std::cos(2 * std::numbers::pi * generator.unit());
  }
  return values;
}

std::vector<double> uniform(std::size_t count, double low, double high) {
  std::vector<double> values(count);
  for (double& value : values) value = low + (high - low) * generator.unit();
  return values;
}

std::vector<std::size_t> integers(std::size_t count, std::size_t limit) {
  std::vector<std::size_t> values(count);
  for (std::size_t& value : values) value = static_cast<std::size_t>(generator.next() % limit);
  return values;
}

std::uint64_t seed() { return generator.seed(); }

void input_text(std::string text) { write({{"event", "input"}, {"text", std::move(text)}}); }

// --- observations ---------------------------------------------------------------------------------------------------

Observation::Observation(std::string name, std::span<const double> values, std::vector<std::size_t> shape)
    : name_(std::move(name)), values_(values.begin(), values.end()), shape_(std::move(shape)) {}

Observation::Observation(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), is_text_(true) {}

Observation::~Observation() {
  Json event{{"event", "observation"}, {"name", name_}};
  if (!depends_on_.empty()) event["depends_on"] = depends_on_;
  if (is_text_) {
    event["text"] = text_;
  } else {
    event["shape"] = shape_;
    event["absolute"] = absolute_;
    event["relative"] = relative_;
    Json& values = event["values"] = Json::array();
    for (const double x : values_) values.push_back(number(x));
  }
  write(event);
}

Observation observe(std::string name, std::span<const double> values, std::vector<std::size_t> shape) {
  if (shape.empty()) shape = {values.size()};
  return {std::move(name), values, std::move(shape)};
}

Observation observe(std::string name, std::span<const std::size_t> values, std::vector<std::size_t> shape) {
  std::vector<double> numbers(values.size());
  std::transform(values.begin(), values.end(), numbers.begin(), [](std::size_t x) { return static_cast<double>(x); });
  return observe(std::move(name), std::span<const double>(numbers), std::move(shape));
}

Observation observe(std::string name, double value) { return {std::move(name), std::span(&value, 1), {}}; }

Observation observe_text(std::string name, std::string text) { return {std::move(name), std::move(text)}; }

void throws(std::string name, const std::function<void()>& call) {
  std::string text = "accepted";
  try {
    call();
  } catch (const student::NotImplemented&) {
    throw;
  } catch (...) {
    text = "throws";
  }
  observe_text(std::move(name), text);
}

void require_text(bool condition, std::string text) {
  write({{"event", "requirement"}, {"holds", condition}, {"text", std::move(text)}});
}

void unchanged(std::string_view name, std::span<const double> before, std::span<const double> after) {
  const bool same = before.size() == after.size() &&
                    (before.empty() || std::memcmp(before.data(), after.data(), before.size_bytes()) == 0);
  require(same, "{} was changed, and must not be", name);
}

void calls(std::string_view function, std::size_t count) {
  write({{"event", "calls"}, {"function", function}, {"count", count}});
}

double sum(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace harness

int main(int argc, char** argv) {
  using namespace harness;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "--list") return list();
  if (arguments.size() == 2 && arguments[0] == "--cases") return run_list(argv[2]);
  const bool timed = arguments.size() == 8 && arguments[7] == "--time";
  if (arguments.size() != (timed ? 8u : 7u) || arguments[0] != "--case" || arguments[3] != "--seed" ||
      arguments[5] != "--out") {
    return usage();
  }
  const Case* const c = find(arguments[1], arguments[2]);
  return c == nullptr ? usage() : run_alone(*c, std::strtoull(argv[5], nullptr, 10), argv[7], timed);
}
