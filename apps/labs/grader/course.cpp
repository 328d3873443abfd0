#include "course.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace lab {

namespace {

Json parsed(const fs::path& path) {
  try {
    return Json::parse(read_file(path));
  } catch (const Json::exception& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

Lab read_lab(const fs::path& folder) {
  const Json json = parsed(folder / "lab.json");
  Lab lab;
  lab.folder = folder;
  lab.number = json.at("number");
  lab.title = json.at("title");
  lab.file = json.at("file");
  lab.hours = json.value("hours", "");
  lab.needs = json.value("needs", std::vector<int>());
  lab.claims = json.value("claims", std::vector<std::string>());
  lab.timeout = json.value("timeout", 10.0);
  for (const Json& task : json.at("tasks")) {
    lab.tasks.push_back({task.at("id"), task.at("title"), task.at("points"), task.value("read", ""),
                         task.value("hints", std::vector<std::string>()),
                         task.value("needs", std::vector<std::string>())});
  }
  if (!fs::exists(folder / "mistakes.json")) return lab;
  for (const Json& mistake : parsed(folder / "mistakes.json")) {
    Mistake m{mistake.at("name"),
              mistake.at("task"),
              mistake.at("text"),
              mistake.value("read", ""),
              mistake.value("kind", "mistake") == "convention",
              {}};
    for (const Json& edit : mistake.at("edits")) m.edits.push_back({edit.at("replace"), edit.at("with")});
    lab.mistakes.push_back(std::move(m));
  }
  return lab;
}

}  // namespace

std::string Lab::library() const { return fmt::format("lab_{:02}", number); }

int Lab::points() const {
  int sum = 0;
  for (const Task& task : tasks) sum += task.points;
  return sum;
}

const Task& Lab::task(const std::string& id) const {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.id == id; });
  if (found != tasks.end()) return *found;
  std::vector<std::string> ids;
  for (const Task& task : tasks) ids.push_back(task.id);
  throw Error(fmt::format("there is no task {}; lab {} has {}", id, number, joined(ids, ", ")));
}

Course::Course(const fs::path& folder) : folder_(folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / "lab.json")) labs_.push_back(read_lab(entry.path()));
  }
  if (labs_.empty()) throw Error("no labs in " + folder.string());
  std::sort(labs_.begin(), labs_.end(), [](const Lab& a, const Lab& b) { return a.number < b.number; });
  for (const Lab& of : labs_) {
    for (const int needed : of.needs) {
      const bool earlier = std::any_of(labs_.begin(), labs_.end(),
                                       [&](const Lab& l) { return l.number == needed && needed < of.number; });
      if (earlier) continue;
      throw Error(fmt::format(
          "lab {} needs lab {}, which is not among those before it; put it back, or take it from \"needs\" in {}",
          of.number, needed, (of.folder / "lab.json").string()));
    }
  }
}

const Lab& Course::lab(int number) const {
  for (const Lab& lab : labs_) {
    if (lab.number == number) return lab;
  }
  std::vector<std::string> numbers;
  for (const Lab& lab : labs_) numbers.push_back(std::to_string(lab.number));
  throw Error(fmt::format("there is no lab {}; there are {}. 'lab list' shows them.", number, joined(numbers, ", ")));
}

std::vector<const Lab*> Course::needed(const Lab& of) const {
  std::set<int> numbers;
  std::vector<int> open = of.needs;
  while (!open.empty()) {
    const int number = open.back();
    open.pop_back();
    if (!numbers.insert(number).second) continue;
    const Lab& next = lab(number);
    open.insert(open.end(), next.needs.begin(), next.needs.end());
  }
  std::vector<const Lab*> labs;
  for (const int number : numbers) labs.push_back(&lab(number));
  return labs;
}

std::vector<fs::path> Course::headers(const Lab& lab) const {
  std::vector<fs::path> headers;
  for (const Lab* needed_lab : needed(lab)) headers.push_back(needed_lab->header());
  headers.push_back(lab.header());
  return headers;
}

std::string edited(std::string text, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    const std::size_t at = text.find(edit.replace);
    if (at == std::string::npos || text.find(edit.replace, at + 1) != std::string::npos) {
      throw Error(fmt::format("an edit must be found exactly once, and this one is {}: {}",
                              at == std::string::npos ? "not there" : "there several times", edit.replace));
    }
    text.replace(at, edit.replace.size(), edit.with);
  }
  return text;
}

}  // namespace lab
