#include "results.h"

#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lab {

namespace {

constexpr Terminal plain{80, false};

std::string output_of(const LabResult& result, const TaskResult& task) {
  if (!result.fault.empty()) return result.fault;
  if (task.unwritten()) return unwritten_text(task);
  return task.failed() ? explain(*result.lab, task, plain) : "all cases pass";
}

Json mistakes_of(const TaskResult& task) {
  Json names = Json::array();
  for (const Mistake* mistake : task.diagnosis.mistakes) names.push_back(mistake->task + ' ' + mistake->name);
  return names;
}

std::string difference_to(double last, double score) {
  const double points = score - last;
  if (points == 0) return "as many points as last time";
  return fmt::format("{:g} {} {} than last time", std::abs(points), std::abs(points) == 1 ? "point" : "points",
                     points > 0 ? "more" : "fewer");
}

/// Exercism's limit, and its words where it is exceeded.
std::string at_most_500(const std::string& printed) {
  constexpr std::size_t limit = 500;
  const std::string notice = "\nOutput was truncated. Please limit to 500 chars.";
  return printed.size() <= limit ? printed : printed.substr(0, limit - notice.size()) + notice;
}

}  // namespace

Json gradescope(const std::vector<LabResult>& results, const ResultsExtra& extra) {
  Json json;
  int score = 0;
  double seconds = 0;
  std::vector<std::string> notes;
  Json tests = Json::array();
  Json labs = Json::array();
  for (const LabResult& result : results) {
    score += result.score();
    seconds += result.seconds;
    labs.push_back({{"lab", result.lab->number},
                    {"title", result.lab->title},
                    {"score", result.score()},
                    {"max", result.lab->points()}});
    for (const std::string& note : result.notes) notes.push_back(fmt::format("lab {}: {}", result.lab->number, note));
    if (!result.fault.empty()) notes.push_back(fmt::format("lab {}: {}", result.lab->number, result.fault));
    for (const TaskResult& task : result.tasks) {
      const bool full = task.score() == task.task->points;
      tests.push_back({{"name", fmt::format("{} {}", task.task->id, task.task->title)},
                       {"number", task.task->id},
                       {"score", task.score()},
                       {"max_score", task.task->points},
                       {"status", full ? "passed" : "failed"},
                       {"output", output_of(result, task)},
                       {"visibility", extra.hidden ? "after_published" : "visible"},
                       {"extra_data", {{"mistakes", mistakes_of(task)}}}});
    }
  }
  if (extra.last_score) notes.insert(notes.begin(), difference_to(*extra.last_score, score));
  json["score"] = score;
  json["execution_time"] = static_cast<int>(seconds + 0.5);
  json["output"] = joined(notes, "\n");
  json["visibility"] = "visible";
  json["stdout_visibility"] = "hidden";
  json["tests"] = tests;
  if (extra.speed_ratio) {
    json["leaderboard"] = Json::array(
        {{{"name", "points"}, {"value", score}},
         {{"name", "time / reference"}, {"value", std::round(*extra.speed_ratio * 100) / 100}, {"order", "asc"}}});
  }
  Json data{{"labs", labs}};
  for (const char* key : {"hints", "labs"}) {
    if (extra.state.contains(key)) data[std::string("student_") + key] = extra.state.at(key);
  }
  json["extra_data"] = data;
  return json;
}

Json exercism(const std::vector<LabResult>& results) {
  Json json{{"version", 3}, {"status", "pass"}, {"message", nullptr}};
  Json tests = Json::array();
  for (const LabResult& result : results) {
    if (!result.fault.empty()) {
      json["status"] = "error";
      json["message"] = result.fault;
      continue;
    }
    int number = 0;
    for (const TaskResult& task : result.tasks) {
      ++number;
      for (const CaseVerdict& verdict : task.cases) {
        Json test{{"name", verdict.name.id()}, {"task_id", number}, {"test_code", verdict.expected.input}};
        test["status"] = verdict.passed ? "pass" : "fail";
        test["message"] = nullptr;
        if (!verdict.passed) {
          const TaskResult alone{task.task, {verdict}, task.diagnosis, task.waits_for};
          test["message"] = verdict.unwritten() ? unwritten_text(alone) : explain(*result.lab, alone, plain);
          if (json["status"] == "pass") json["status"] = "fail";
        }
        if (!verdict.student.printed.empty()) test["output"] = at_most_500(verdict.student.printed);
        tests.push_back(std::move(test));
      }
    }
  }
  if (json["status"] != "error") json["tests"] = tests;
  return json;
}

std::optional<double> last_score(const fs::path& metadata) {
  if (!fs::exists(metadata)) return std::nullopt;
  const Json json = Json::parse(read_file(metadata), nullptr, false);
  if (!json.is_object() || !json.contains("previous_submissions")) return std::nullopt;
  const Json& previous = json.at("previous_submissions");
  if (!previous.is_array() || previous.empty()) return std::nullopt;
  const Json& score = previous.back().contains("score") ? previous.back().at("score") : Json();
  if (score.is_number()) return score.get<double>();
  if (score.is_string()) return std::strtod(score.get<std::string>().c_str(), nullptr);
  return std::nullopt;
}

}  // namespace lab
