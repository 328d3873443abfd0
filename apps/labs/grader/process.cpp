#include "process.h"

#include "files.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace lab {

namespace {

/// The environment of this program with some variables changed.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& changes) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string text = *variable;
      if (!changes.contains(text.substr(0, text.find('=')))) texts_.push_back(text);
    }
    for (const auto& [name, value] : changes) texts_.push_back(name + '=' + value);
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

void limit(pid_t pid, __rlimit_resource resource, std::size_t value) {
  const rlimit limits{value, value};
  prlimit(pid, resource, &limits, nullptr);
}

/// Seconds of computing, of all threads.
double computed(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The share of a core that a program has at least, on a busy machine.
constexpr double least_share = 0.25;

}  // namespace

Outcome run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
            const Limits& limits) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Environment variables(environment);
  const Clock::time_point start = Clock::now();
  pid_t pid = 0;
  const int fault = posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (fault != 0) {
    close(ends[0]);
    throw Error("cannot start " + command[0] + ": " + std::strerror(fault));
  }
  limit(pid, RLIMIT_CPU, static_cast<std::size_t>(4 * limits.seconds) + 1);  // of all threads
  limit(pid, RLIMIT_FSIZE, limits.file_size);
  limit(pid, RLIMIT_CORE, 0);
  if (limits.memory > 0) limit(pid, RLIMIT_AS, limits.memory);

  Outcome outcome;
  // Without the time in which this program did not run either: a suspended machine, a stopped job.
  Clock::time_point last = start;
  double elapsed = 0;
  const auto advance = [&] {
    const Clock::time_point now = Clock::now();
    elapsed += std::min(1.0, std::chrono::duration<double>(now - last).count());
    last = now;
  };
  // The end of the program is waited for rather than that of its output, which its children may hold open.
  siginfo_t ended{};
  char buffer[1 << 14];
  bool open = true;
  while (true) {
    pollfd readable{ends[0], POLLIN, 0};
    if (open) {
      poll(&readable, 1, 20);
    } else {
      usleep(2000);
    }
    if (open && readable.revents != 0) {
      const ssize_t size = read(ends[0], buffer, sizeof buffer);
      if (size > 0) {
        outcome.output.append(buffer, static_cast<std::size_t>(size));
      } else if (size == 0 || errno != EINTR) {
        open = false;
      }
    }
    outcome.too_much_output = outcome.output.size() > limits.output;
    advance();
    outcome.seconds = std::max(outcome.seconds, computed(pid));
    outcome.timed_out = outcome.seconds > limits.seconds;
    if (least_share * elapsed > limits.seconds) {
      outcome.timed_out = true;
      outcome.seconds = elapsed;
    }
    if (outcome.too_much_output || outcome.timed_out) break;
    const bool idle = !open || readable.revents == 0;
    if (idle && waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == pid) {
      outcome.timed_out = false;
      break;
    }
  }
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  close(ends[0]);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  outcome.output.resize(std::min(outcome.output.size(), limits.output));
  return outcome;
}

double seconds_of_computing() {
  double sum = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      sum += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    }
  }
  return sum;
}

}  // namespace lab
