// Tests the claims of a course on batch normalization on real images. `study --help` lists the commands.
#include "experiments.h"
#include "options.h"
#include "report.h"
#include "runner.h"

#include "../command_line.h"

#include <gradus/core/names.h>
#include <gradus/train/progress_bar.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace study;

namespace {

void list() {
  Setting setting = make_setting(Scale::quick, 0, {});
  const auto at = [&](Scale scale) {
    setting.scale = scale;
    return all_experiments(setting);
  };
  const std::vector<Experiment> quick = at(Scale::quick);
  const std::vector<Experiment> standard = at(Scale::standard);
  const std::vector<Experiment> full = at(Scale::full);
  const auto shown = [](const Experiment& experiment) { return std::max(experiment.minutes, 0.1); };
  fmt::print("{:<26}{:>8}{:>9}{:>8}\n", "minutes on 2 cores", "--quick", "default", "--full");
  for (std::size_t i = 0; i < full.size(); ++i) {
    fmt::print("{:<26}{:>8.1f}{:>9.1f}{:>8.1f}\n  {}\n", full[i].name, shown(quick[i]), shown(standard[i]),
               shown(full[i]), full[i].claim);
  }
}

/// The folder of MNIST: by default that of apps/mnist/run.sh with --full, otherwise none.
std::string data_folder(const Options& options) {
  if (options.scale != Scale::full || !options.data.empty()) return options.data;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path base = cache != nullptr  ? std::filesystem::path(cache)
                                     : home != nullptr ? std::filesystem::path(home) / ".cache"
                                                       : "";
  const std::filesystem::path folder = base / "gradus" / "mnist";
  gradus::check<gradus::FileError>(
      std::filesystem::is_directory(folder),
      "{}: expected the folder of MNIST for --full, got none; run apps/mnist/run.sh to download it, or use --data",
      folder.string());
  return folder;
}

/// The options of the command line except --resume: " --full --seeds 7".
std::string options_text(const Options& options) {
  std::string text = options.scale == Scale::standard ? "" : " --" + to_string(options.scale);
  if (!options.data.empty()) text += fmt::format(" --data '{}'", options.data);
  if (options.seeds > 0) text += fmt::format(" --seeds {}", options.seeds);
  if (options.seed != default_seed) text += fmt::format(" --seed {}", options.seed);
  if (options.out != "report") text += fmt::format(" --out '{}'", options.out);
  return text;
}

/// The experiments with these names, in the order of the course.
std::vector<Work> selected(const std::vector<std::string>& names, const std::vector<Work>& all) {
  std::vector<std::string> known;
  for (const Work& work : all) known.emplace_back(work.experiment.name);
  known.emplace_back("all");
  const auto named = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  for (const std::string& name : names) {
    const bool exists = std::ranges::find(known, name) != known.end();
    gradus::check(exists, "{}", gradus::unknown_name("experiment", name, known));
  }
  std::vector<Work> result;
  std::ranges::copy_if(all, std::back_inserter(result),
                       [&](const Work& work) { return named("all") || named(work.experiment.name); });
  return result;
}

extern "C" void end_interrupted(int) {
  constexpr std::string_view text = "\nstudy: interrupted; use --resume to continue after the finished runs\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  constexpr int interrupted = 130;  // the exit code of shells after Ctrl-C
  _exit(interrupted);
}

void run(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  check_gnuplot();
  Setting setting = make_setting(options.scale, options.seeds, data_folder(options));
  setting.first_seed = options.seed;
  const std::filesystem::path folder = options.out;
  std::vector<Work> all;
  for (Experiment& experiment : all_experiments(setting)) {
    auto log = std::make_shared<RunLog>(folder / "runs", experiment, setting);
    all.push_back({std::move(experiment), std::move(log)});
  }
  std::vector<Work> works = selected(options.names, all);
  std::error_code error;
  std::filesystem::create_directories(folder / "runs", error);
  gradus::check<gradus::FileError>(!error,
                                   "{}: expected a folder for the report, got '{}'; choose another one with --out",
                                   options.out, error.message());
  if (!options.resume) std::ranges::for_each(works, [](const Work& work) { work.log->clear(); });

  std::signal(SIGINT, end_interrupted);
  fmt::print("{}, {}, {}\n", setting.digits_source, seeds_of(setting), to_string(setting.scale));
  Progress progress;
  run_missing(works, setting, progress);

  // The page also shows earlier results with the same setting.
  std::vector<Section> sections;
  for (const auto& [experiment, log] : all) {
    if (auto results = log->complete(experiment, setting)) sections.push_back({experiment, std::move(*results)});
  }
  write_report(sections, setting, options_text(options), folder);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  progress.print(fmt::format("wrote {}/index.html after {}", options.out, gradus::duration(taken.count())));
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  return run_program("study", [&] {
    if (options.list) {
      list();
    } else {
      run(options);
    }
    return 0;
  });
}
