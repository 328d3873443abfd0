#include "matrix.h"

#include "fit.h"
#include "grading.h"
#include "parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

namespace lab {

namespace {

using Mistakes = std::vector<const Mistake*>;

constexpr const char* groups[] = {"mistakes", "pairs", "perturbations"};

/// Whether a name fits on inputs that it was not found with.
bool is_right(Workshop& workshop, const Lab& lab, const std::string& version, const TaskResult& task) {
  const Diagnosis& d = task.diagnosis;
  constexpr int enough = 2;
  int checked = 0;
  for (const CaseVerdict& verdict : task.cases) {
    if (!verdict.failed() || checked++ >= enough) continue;
    const std::uint64_t seed = verdict.seed + 11111;
    const CaseRun student = *workshop.version_run(lab, version, verdict.name, seed);
    const auto expected = workshop.reference_run(lab, {}, verdict.name, seed);
    const auto run = [&](const Mistakes& mistakes) {
      return workshop.reference_run(lab, mistakes, verdict.name, seed);
    };
    std::optional<Evidence> evidence;
    double factor = d.factor;
    switch (d.kind) {
      case Diagnosis::Kind::same:
      case Diagnosis::Kind::pair:
        evidence = same(student, *expected, *run(d.mistakes));
        break;
      case Diagnosis::Kind::multiple:
        evidence = multiple(student, *expected, *run(d.mistakes), factor);
        break;
      case Diagnosis::Kind::sum:
        evidence = sum(student, *expected, *run({d.mistakes[0]}), *run({d.mistakes[1]}));
        break;
      case Diagnosis::Kind::product:
        evidence = product(student, *expected, *run({d.mistakes[0]}), *run({d.mistakes[1]}));
        break;
      case Diagnosis::Kind::unknown:
        break;
    }
    if (!evidence) return false;
  }
  return true;
}

/// The result of one version. "located" is a crash at a line of the version's file. `wanted` are the mistakes in it:
/// "named" means that a name is found and right, and for a pair that both are found or that one of them hides the
/// other.
std::string outcome_of(Workshop& workshop, const Lab& lab, const std::string& source, const Mistakes& wanted) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / (lab.file + ".cpp");
  write_file(file, source);
  if (!workshop.compiler().compile_text(lab, source).good) return "does not compile";
  const LabResult result = grade(workshop, lab, file, {}, {.trusted = true, .budget = 1e6, .all_pairs = false});
  if (!result.fault.empty()) return "silent";
  if (result.score() == lab.points()) {
    const bool all_same = std::all_of(result.tasks.begin(), result.tasks.end(), [](const TaskResult& task) {
      return std::all_of(task.cases.begin(), task.cases.end(), [](const CaseVerdict& v) { return v.passed; });
    });
    return all_same && wanted.empty() ? "no change" : "full points";
  }
  std::set<const Mistake*> names;
  bool silent_task = false;
  bool located = false;
  for (const TaskResult& task : result.tasks) {
    if (!task.failed()) continue;
    if (!task.diagnosis.known()) {
      const bool crashed = std::any_of(task.cases.begin(), task.cases.end(), [](const CaseVerdict& v) {
        return v.student.end == End::crash && !v.student.place.empty();
      });
      (crashed ? located : silent_task) = true;
      continue;
    }
    // The version is the mistake itself.
    const bool itself = task.diagnosis.kind == Diagnosis::Kind::same && task.diagnosis.mistakes == wanted;
    if (!itself && !is_right(workshop, lab, source, task)) {
      std::string text = "wrong name";
      for (const Mistake* mistake : task.diagnosis.mistakes) text += ": " + mistake->name;
      return text;
    }
    names.insert(task.diagnosis.mistakes.begin(), task.diagnosis.mistakes.end());
    if (task.diagnosis.same_numbers != nullptr) names.insert(task.diagnosis.same_numbers);
  }
  if (names.empty()) return silent_task || !located ? "silent" : "located";
  if (wanted.empty()) return "named";
  const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const Mistake* m) { return names.contains(m); });
  // A name that fits every number on new inputs is right, whichever of two equal mistakes it is.
  return all || !silent_task ? "named" : "named in part";
}

/// Tasks that a mistake of another task spoils, and that do not say that they need it: "7.4 needs 7.1".
std::set<std::string> unsaid_needs(Workshop& workshop, const Lab& lab) {
  std::set<std::string> texts;
  for (const Mistake& mistake : lab.mistakes) {
    for (const CaseName& name : workshop.cases(lab)) {
      const std::vector<std::string>& needs = lab.task(name.task).needs;
      if (name.task == mistake.task || std::find(needs.begin(), needs.end(), mistake.task) != needs.end()) continue;
      const std::uint64_t seed = seed_of(name);
      const auto run = workshop.reference_run(lab, {&mistake}, name, seed);
      if (!run || judge(name, seed, *run, *workshop.reference_run(lab, {}, name, seed)).passed) continue;
      texts.insert(fmt::format("{} needs {}", name.task, mistake.task));
    }
  }
  return texts;
}

/// In the same order with every library: std::shuffle may differ.
void shuffle(auto& list, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[generator() % i]);
}

std::vector<Mistakes> pairs_of(const Lab& lab, std::size_t count) {
  std::vector<Mistakes> all;
  const std::string solution = read_file(lab.solution());
  for (std::size_t i = 0; i < lab.mistakes.size(); ++i) {
    for (std::size_t j = i + 1; j < lab.mistakes.size(); ++j) {
      try {
        edited(edited(solution, lab.mistakes[i].edits), lab.mistakes[j].edits);
        all.push_back({&lab.mistakes[i], &lab.mistakes[j]});
      } catch (const Error&) {  // both change the same place
      }
    }
  }
  shuffle(all, static_cast<std::uint64_t>(lab.number) + 1);
  all.resize(std::min(all.size(), count));
  return all;
}

struct Version {
  std::string group;
  std::string name;
  std::string source;
  Mistakes mistakes;
  std::string outcome;
};

Json counts_of(const Json& group) {
  Json counts{{"made", group.size()}, {"counted", 0}, {"named", 0},      {"named in part", 0},
              {"located", 0},         {"silent", 0},  {"wrong name", 0}, {"full points", 0}};
  for (const auto& [name, outcome] : group.items()) {
    const std::string text = outcome;
    if (text == "no change") continue;
    counts["counted"] = counts["counted"].get<int>() + 1;
    for (const char* kind : {"named in part", "named", "located", "silent", "wrong name", "full points"}) {
      if (!text.starts_with(kind)) continue;
      counts[kind] = counts[kind].get<int>() + 1;
      break;
    }
  }
  return counts;
}

/// What a matrix has of a lab, or nothing.
Json entry_of(const Json& matrix, int number) {
  for (const Json& entry : matrix) {
    if (entry.at("lab") == number) return entry;
  }
  return Json::object();
}

}  // namespace

Json check(Workshop& workshop, const Lab& lab, const CheckOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Json result{{"lab", lab.number}, {"points", lab.points()}};
  const TemporaryFolder folder;
  const fs::path file = folder.path() / (lab.file + ".cpp");
  int points = 0;
  for (const CaseName& name : workshop.cases(lab)) points += name.points;
  if (points != lab.points()) result["points of the cases"] = points;

  write_file(file, read_file(lab.solution()));
  result["solution"] = grade(workshop, lab, file, {}, {.diagnose = false}).score();
  write_file(file, read_file(lab.folder / "starter.cpp"));
  const LabResult starter = grade(workshop, lab, file, {}, {.diagnose = false});
  result["starter"] = starter.score();
  const bool quiet = starter.fault.empty() && starter.notes.empty() &&
                     std::all_of(starter.tasks.begin(), starter.tasks.end(), [](const TaskResult& task) {
                       return std::all_of(task.cases.begin(), task.cases.end(),
                                          [](const CaseVerdict& verdict) { return verdict.unwritten(); });
                     });
  if (!quiet) result["starter is not quiet"] = true;

  const std::string solution = read_file(lab.solution());
  std::vector<Version> versions;
  for (const Mistake& mistake : lab.mistakes) {
    versions.push_back(
        {"mistakes", mistake.task + ' ' + mistake.name, edited(solution, mistake.edits), {&mistake}, ""});
  }
  for (const Mistakes& pair : pairs_of(lab, options.pairs)) {
    versions.push_back({"pairs", pair[0]->name + " + " + pair[1]->name,
                        edited(edited(solution, pair[0]->edits), pair[1]->edits), pair, ""});
  }
  std::vector<std::string> sources;
  for (const Version& version : versions) sources.push_back(version.source);
  Mistakes slips;
  for (const Mistake& slip : workshop.slips(lab)) slips.push_back(&slip);
  shuffle(slips, static_cast<std::uint64_t>(lab.number) + 100);
  // Those that do not compile are replaced by others.
  std::vector<std::string> changed;
  for (const Mistake* slip : slips) changed.push_back(edited(solution, slip->edits));
  const std::size_t most = std::min(changed.size(), options.perturbations + options.perturbations / 4);
  sources.insert(sources.end(), changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(most));
  workshop.compiler().compile_together(lab, sources);
  std::size_t perturbed = 0;
  for (std::size_t i = 0; i < slips.size() && perturbed < options.perturbations; ++i) {
    if (!workshop.compiler().compile_text(lab, changed[i]).good) continue;
    versions.push_back({"perturbations", slips[i]->name, changed[i], {}, ""});
    ++perturbed;
  }
  in_parallel(versions.size(), [&](std::size_t i) {
    versions[i].outcome = outcome_of(workshop, lab, versions[i].source, versions[i].mistakes);
  });
  if (const std::set<std::string> unsaid = unsaid_needs(workshop, lab); !unsaid.empty())
    result["unsaid needs"] = unsaid;
  for (const char* group : groups) result[group] = Json::object();
  for (const Version& version : versions) result[version.group][version.name] = version.outcome;
  result["seconds"] = static_cast<int>(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return result;
}

std::string table_of(const Json& matrix) {
  constexpr const char* row_format = "{:<5}{:<15}{:>6}{:>9}{:>7}{:>9}{:>9}{:>8}{:>7}{:>13}\n";
  std::string text = fmt::format(row_format, "lab", "versions", "made", "counted", "named", "in part", "located",
                                 "silent", "wrong", "full points");
  const auto row = [&](const std::string& number, const std::string& group, const Json& c) {
    text += fmt::format(row_format, number, group, c["made"].get<int>(), c["counted"].get<int>(), c["named"].get<int>(),
                        c["named in part"].get<int>(), c["located"].get<int>(), c["silent"].get<int>(),
                        c["wrong name"].get<int>(), c["full points"].get<int>());
  };
  Json totals = Json::object();
  for (const Json& lab : matrix) {
    for (const char* group : groups) {
      const Json counts = counts_of(lab.at(group));
      row(std::to_string(lab.at("lab").get<int>()), group, counts);
      for (const auto& [key, value] : counts.items()) {
        Json& total = totals[group][key];
        total = (total.is_null() ? 0 : total.get<int>()) + value.get<int>();
      }
    }
  }
  if (matrix.size() > 1) {
    for (const auto& [group, counts] : totals.items()) row("all", group, counts);
  }
  return text;
}

std::vector<std::string> regressions(const Json& matrix, const Json& committed) {
  std::vector<std::string> texts;
  const auto rank = [](const std::string& outcome) {
    if (outcome == "named" || outcome == "no change") return 3;
    if (outcome == "named in part" || outcome == "located") return 2;
    return outcome == "silent" ? 1 : 0;
  };
  for (const Json& lab : matrix) {
    const int number = lab.at("lab");
    const auto say = [&](const std::string& text) { texts.push_back(fmt::format("lab {}: {}", number, text)); };
    if (lab.at("solution") != lab.at("points")) say("the solution does not get full points");
    if (lab.at("starter") != 0) say("the starter gets points");
    if (lab.contains("starter is not quiet")) say("the starter warns, fails or crashes");
    if (lab.contains("points of the cases")) say("the points of the cases are not those of the tasks");
    for (const Json& text : lab.value("unsaid needs", Json::array()))
      say("lab.json does not say that " + text.get<std::string>());
    const Json before = entry_of(committed, number);
    for (const char* group : groups) {
      const Json known = before.value(group, Json::object());
      for (const auto& [name, outcome] : lab.at(group).items()) {
        const std::string now = outcome;
        if (std::string(group) == "mistakes" && (now == "full points" || now == "does not compile")) {
          say(fmt::format("{}: {}", name, now));
        } else if (known.contains(name) && rank(now) < rank(known.at(name))) {
          say(fmt::format("{}: '{}', was '{}'", name, now, known.at(name).get<std::string>()));
        }
      }
    }
  }
  int counted = 0;
  int named = 0;
  int wrong = 0;
  for (const Json& lab : matrix) {
    for (const char* group : groups) {
      const Json counts = counts_of(lab.at(group));
      counted += counts.at("counted").get<int>();
      named += counts.at("named").get<int>() + counts.at("located").get<int>();
      wrong += counts.at("wrong name").get<int>();
    }
  }
  constexpr double min_named = 0.9;
  constexpr double max_wrong = 0.02;
  if (named < min_named * counted) texts.push_back(fmt::format("{} of {} are named, less than 90 %", named, counted));
  if (wrong > max_wrong * counted) texts.push_back(fmt::format("{} of {} are named wrongly, over 2 %", wrong, counted));
  return texts;
}

std::vector<std::string> unmeasured(const Json& matrix, const Json& committed) {
  std::vector<std::string> texts;
  for (const Json& lab : matrix) {
    const int number = lab.at("lab");
    const Json known = entry_of(committed, number).value("mistakes", Json::object());
    for (const auto& [name, outcome] : lab.at("mistakes").items()) {
      if (known.contains(name)) continue;
      texts.push_back(fmt::format("lab {0}: {1} is not in matrix.json: lab check {0} --keep", number, name));
    }
  }
  return texts;
}

Json merged(const Json& committed, const Json& matrix) {
  std::map<int, Json> labs;
  for (const Json* from : {&committed, &matrix}) {
    for (const Json& entry : *from) labs[entry.at("lab")] = entry;
  }
  Json all = Json::array();
  for (const auto& [number, entry] : labs) all.push_back(entry);
  return all;
}

}  // namespace lab
