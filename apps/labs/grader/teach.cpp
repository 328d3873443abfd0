#include "teach.h"

#include "fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace lab {

namespace {

Json json_of(const Mistake& mistake) {
  Json json{{"name", mistake.name},
            {"task", mistake.task},
            {"text", mistake.text},
            {"read", mistake.read},
            {"kind", mistake.convention ? "convention" : "mistake"},
            {"edits", Json::array()}};
  for (const Edit& edit : mistake.edits) json["edits"].push_back({{"replace", edit.replace}, {"with", edit.with}});
  return json;
}

}  // namespace

bool is_unknown(const TaskResult& task) {
  return !task.diagnosis.known() && task.waits_for.empty() &&
         std::any_of(task.cases.begin(), task.cases.end(), [](const CaseVerdict& verdict) {
           return verdict.failed() && !verdict.student.observations.empty();
         });
}

Json reproduction(const LabResult& result, const TaskResult& task) {
  Json json{{"lab", result.lab->number}, {"task", task.task->id}, {"cases", Json::array()}};
  for (const CaseVerdict& verdict : task.cases) {
    if (!verdict.failed()) continue;
    json["cases"].push_back({{"case", verdict.name.id()}, {"seed", verdict.seed}, {"run", saved(verdict.student)}});
  }
  json["file"] = read_file(result.file);
  return json;
}

void teach(Workshop& workshop, const Json& reproduction, Mistake mistake) {
  const Lab& known = workshop.course().lab(reproduction.at("lab"));
  mistake.task = reproduction.at("task");
  for (const Mistake& other : known.mistakes) {
    if (other.name == mistake.name)
      throw Error(fmt::format("lab {} has a mistake {} already", known.number, mistake.name));
  }
  if (mistake.read.empty()) mistake.read = known.task(mistake.task).read;
  edited(read_file(known.solution()), mistake.edits);  // each is found exactly once
  std::size_t numbers = 0;
  for (const Json& entry : reproduction.at("cases")) {
    const CaseName& name = workshop.case_named(known, entry.at("case"));
    const CaseRun student = restored(entry.at("run"));
    const std::uint64_t seed = entry.at("seed");
    const auto expected = workshop.reference_run(known, {}, name, seed);
    const auto mutant = workshop.reference_run(known, {&mistake}, name, seed);
    if (!mutant) throw Error("the solution with this edit does not compile");
    const std::optional<Evidence> evidence = same(student, *expected, *mutant);
    if (!evidence) {
      throw Error(fmt::format("with this edit the case '{}' gives other numbers than the student's file", name.id()));
    }
    numbers += evidence->total();
  }
  if (numbers == 0) throw Error("this edit changes nothing that the cases observe");
  const fs::path file = known.folder / "mistakes.json";
  Json all = Json::parse(read_file(file));
  all.push_back(json_of(mistake));
  write_file(file, all.dump(2) + '\n');
}

}  // namespace lab
