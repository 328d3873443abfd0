#include "runner.h"

#include "verdict.h"

#include <gradus/core/check.h>
#include <gradus/core/parallel.h>
#include <gradus/core/random.h>

#include <atomic>
#include <exception>
#include <thread>

using namespace gradus;

namespace study {

namespace {

using Clock = std::chrono::steady_clock;

struct Job {
  const Experiment& experiment;
  const Arm& arm;
  std::uint64_t seed;
  RunLog& log;
  double expected_seconds;
  std::string name;
};

std::vector<Job> missing_jobs(const std::vector<Work>& works, const Setting& setting, int cores) {
  std::vector<Job> jobs;
  for (const auto& [experiment, log] : works) {
    const auto runs = static_cast<double>(experiment.arms.size()) * setting.seeds;
    const double seconds = 60 * experiment.minutes * (experiment.timed ? 1 : cores) / runs;
    for (const Arm& arm : experiment.arms) {
      for (int i = 0; i < setting.seeds; ++i) {
        const std::uint64_t seed = setting.first_seed + static_cast<std::uint64_t>(i);
        if (log->contains(arm.labels, seed)) continue;
        std::string name = fmt::format("{} ({}{}seed {})", experiment.name, to_string(arm.labels),
                                       arm.labels.empty() ? "" : ", ", seed);
        jobs.push_back({experiment, arm, seed, *log, seconds, std::move(name)});
      }
    }
  }
  return jobs;
}

/// Worker threads that take jobs from a list.
class Pool {
 public:
  Pool(const Setting& setting, Progress& progress) : setting_(setting), progress_(progress) {}

  void run(const std::vector<const Job*>& jobs, int workers) {
    next_ = 0;
    working_ = workers;
    progress_.set_workers(workers);
    std::vector<std::jthread> pool;
    for (int i = 0; i < workers; ++i) pool.emplace_back([&] { work(jobs); });
    while (working_ > 0) {
      progress_.show();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    pool.clear();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work(const std::vector<const Job*>& jobs) {
    for (std::size_t i = next_++; i < jobs.size() && !failed_; i = next_++) {
      try {
        run(*jobs[i]);
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        if (!failed_) error_ = std::make_exception_ptr(Error(fmt::format("{}: {}", jobs[i]->name, error.what())));
        failed_ = true;
      }
    }
    --working_;
  }

  void run(const Job& job) {
    progress_.begin(job.name);
    Record record{.labels = job.arm.labels, .seed = job.seed, .options = {}, .values = {}, .seconds = 0};
    const Clock::time_point start = Clock::now();
    set_seed(job.seed);
    job.arm.measure(record);
    record.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    progress_.end(job.expected_seconds);
    const std::lock_guard lock(mutex_);
    job.log.add(record);
    if (const auto results = job.log.complete(job.experiment, setting_)) {
      progress_.print(summary(job.experiment, judge(job.experiment, *results)));
    }
  }

  const Setting& setting_;
  Progress& progress_;
  std::mutex mutex_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<int> working_ = 0;
  std::atomic<bool> failed_ = false;
  std::exception_ptr error_;
};

}  // namespace

void run_missing(const std::vector<Work>& works, const Setting& setting, Progress& progress) {
  const int cores = threads();
  const std::vector<Job> jobs = missing_jobs(works, setting, cores);
  std::vector<const Job*> parallel;
  std::vector<const Job*> timed;
  for (const Job& job : jobs) {
    std::vector<const Job*>& list = job.experiment.timed ? timed : parallel;
    list.push_back(&job);
    progress.expect(1, job.expected_seconds);
  }
  set_threads(1);  // in each run
  Pool pool(setting, progress);
  pool.run(parallel, cores);
  pool.run(timed, 1);
  set_threads(cores);
}

}  // namespace study
