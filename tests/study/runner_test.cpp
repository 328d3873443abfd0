#include "study/runner.h"
#include "support/captured_output.h"
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/core/parallel.h>
#include <gradus/core/random.h>

#include <doctest/doctest.h>

#include <atomic>

using namespace study;

namespace {

std::vector<Work> works(const std::filesystem::path& folder, const Experiment& experiment, const Setting& setting) {
  return {{experiment, std::make_shared<RunLog>(folder, experiment, setting)}};
}

}  // namespace

TEST_CASE("runner: runs every arm once with every seed") {
  const TemporaryFolder folder;
  const Setting setting = make_setting(Scale::quick, 3, {});
  std::atomic<int> runs = 0;
  std::atomic<int> threads_within = 0;
  Experiment e;
  e.name = "counting";
  e.minutes = 1;
  for (const std::string arm : {"a", "b", "c", "d"}) {
    e.add_arm({{"arm", arm}}, [&](Record& record) {
      ++runs;
      threads_within = gradus::threads();
      record.add("number", gradus::default_generator().uniform());
    });
  }
  e.add_criterion("always", [](const Results&) { return Evidence{{1, 1, 1, 1, 1, 1}, ""}; });
  e.add_criterion("never", [](const Results&) { return Evidence{{-1, -1, -1, -1, -1, -1}, "0 of 12"}; });

  const int cores = gradus::threads();
  const auto run = [&](const Setting& chosen) {
    return captured_output([&] {
      Progress progress;
      std::vector<Work> work = works(folder / "", e, chosen);
      run_missing(work, chosen, progress);
    });
  };
  CHECK_EQ(run(setting),
           "counting                  not reproduced   1 of 2 criteria\n"
           "  not reproduced: never (observed: 0 of 12, in 0 of 6 seeds)\n");
  CHECK_EQ(runs, 12);
  CHECK_EQ(threads_within, 1);
  CHECK_EQ(gradus::threads(), cores);
  const Results results = *RunLog(folder / "", e, setting).complete(e, setting);
  const std::vector<double> a = results.each({{"arm", "a"}}, [](const Record& r) { return r.last("number"); });
  CHECK_NE(a[0], a[1]);
  CHECK_EQ(a[0], gradus::Generator(42).uniform());
  CHECK_EQ(a, results.each({{"arm", "d"}}, [](const Record& r) { return r.last("number"); }));

  run(make_setting(Scale::quick, 4, {}));
  CHECK_EQ(runs, 16);

  Setting later = make_setting(Scale::quick, 3, {});
  later.first_seed = 44;  // of 44, 45 and 46, only 46 is new
  run(later);
  CHECK_EQ(runs, 20);
  const Results second = *RunLog(folder / "", e, later).complete(e, later);
  CHECK_EQ(second.first({{"arm", "a"}}).seed, 44);
  CHECK_EQ(second.first({{"arm", "a"}}).last("number"), gradus::Generator(44).uniform());
}

TEST_CASE("runner: an error in a run names the run") {
  const TemporaryFolder folder;
  const Setting setting = make_setting(Scale::quick, 1, {});
  Experiment e;
  e.name = "failing";
  e.add_arm({{"norm", "batch"}}, [](Record&) { throw gradus::ValueError("[context] expected more"); });
  Progress progress;
  std::vector<Work> work = works(folder / "", e, setting);
  CHECK_EQ(gradus::error_text<gradus::Error>([&] { run_missing(work, setting, progress); }),
           "failing (norm batch, seed 42): [context] expected more");
}
