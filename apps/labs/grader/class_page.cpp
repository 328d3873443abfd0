#include "class_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

namespace lab {

namespace {

struct LabFigures {
  std::string title;
  int students = 0;
  int full = 0;
  double share = 0;  ///< of the points, summed over students
  double hours = 0;  ///< from the first to the last run, summed
  int timed = 0;
  int hints = 0;
};

struct Figures {
  std::map<int, LabFigures> labs;
  std::vector<std::pair<std::string, int>> mistakes;  ///< "8.3 no_path_through_variance", the most frequent first
};

double hours_between(const std::string& first, const std::string& last) {
  const auto seconds = [](const std::string& text) {
    std::tm time{};
    time.tm_isdst = -1;
    int month = 0;
    int day = 0;
    if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d", &time.tm_year, &month, &day, &time.tm_hour, &time.tm_min) != 5) {
      return 0.0;
    }
    time.tm_year -= 1900;
    time.tm_mon = month - 1;
    time.tm_mday = day;
    return static_cast<double>(std::mktime(&time));
  };
  return (seconds(last) - seconds(first)) / 3600;
}

Figures figures_of(const ClassResults& results) {
  Figures figures;
  std::map<std::string, int> mistakes;
  for (const auto& [name, json] : results) {
    const Json data = json.value("extra_data", Json::object());
    for (const Json& entry : data.value("labs", Json::array())) {
      LabFigures& lab = figures.labs[entry.at("lab").get<int>()];
      const int max = entry.at("max");
      const int score = entry.at("score");
      lab.title = entry.value("title", "");
      ++lab.students;
      lab.full += score == max ? 1 : 0;
      lab.share += max == 0 ? 0 : static_cast<double>(score) / max;
    }
    std::map<std::string, int> own;
    const Json student_labs = data.value("student_labs", Json::object());
    for (const auto& [number, entry] : student_labs.items()) {
      LabFigures& lab = figures.labs[std::stoi(number)];
      if (entry.contains("first")) {
        lab.hours += hours_between(entry.at("first"), entry.at("time"));
        ++lab.timed;
      }
      const Json named = entry.value("named", Json::object());
      for (const auto& [mistake, count] : named.items()) own[mistake] = 1;
    }
    for (const Json& test : json.value("tests", Json::array())) {
      for (const Json& mistake : test.value("extra_data", Json::object()).value("mistakes", Json::array())) {
        own[mistake] = 1;
      }
    }
    for (const auto& [mistake, count] : own) mistakes[mistake] += count;
    const Json hints = data.value("student_hints", Json::object());
    for (const auto& [task, count] : hints.items()) figures.labs[std::stoi(task)].hints += count.get<int>();
  }
  figures.mistakes.assign(mistakes.begin(), mistakes.end());
  std::stable_sort(figures.mistakes.begin(), figures.mistakes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return figures;
}

/// Rows of the table of labs, the head included.
std::vector<std::vector<std::string>> rows_of(const Figures& figures) {
  std::vector<std::vector<std::string>> rows{{"lab", "title", "students", "full points", "mean", "hours", "hints"}};
  for (const auto& [number, lab] : figures.labs) {
    rows.push_back({std::to_string(number), lab.title, std::to_string(lab.students), std::to_string(lab.full),
                    lab.students == 0 ? "-" : fmt::format("{:.0f} %", 100 * lab.share / lab.students),
                    lab.timed == 0 ? "-" : fmt::format("{:.1f}", lab.hours / lab.timed), std::to_string(lab.hints)});
  }
  return rows;
}

/// The lab with the most hours between the first and the last run.
std::string longest(const Figures& figures) {
  const std::pair<const int, LabFigures>* most = nullptr;
  const auto mean = [](const LabFigures& lab) { return lab.timed == 0 ? 0 : lab.hours / lab.timed; };
  for (const auto& entry : figures.labs) {
    if (mean(entry.second) > 0 && (most == nullptr || mean(entry.second) > mean(most->second))) most = &entry;
  }
  return most == nullptr ? "" : fmt::format("most time: lab {} - {}", most->first, most->second.title);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return result;
}

}  // namespace

std::string class_text(const ClassResults& results) {
  const Figures figures = figures_of(results);
  std::string text = fmt::format("{} results\n\n", results.size());
  for (const std::vector<std::string>& row : rows_of(figures)) {
    text += fmt::format("{:>3}  {:<32.32}{:>9}{:>12}{:>7}{:>7}{:>7}\n", row[0], row[1], row[2], row[3], row[4], row[5],
                        row[6]);
  }
  if (const std::string most = longest(figures); !most.empty()) text += '\n' + most + '\n';
  text += "\nmistakes, by the number of students who made them\n";
  for (const auto& [mistake, count] : figures.mistakes) text += fmt::format("{:>4}  {}\n", count, mistake);
  if (figures.mistakes.empty()) text += "  none was recognized\n";
  return text;
}

std::string class_html(const ClassResults& results) {
  const Figures figures = figures_of(results);
  std::string body = fmt::format("<h1>Results of {} students</h1>\n<table>\n", results.size());
  bool head = true;
  for (const std::vector<std::string>& row : rows_of(figures)) {
    body += "<tr>";
    for (const std::string& cell : row) body += fmt::format("<{0}>{1}</{0}>", head ? "th" : "td", escaped(cell));
    body += "</tr>\n";
    head = false;
  }
  body += fmt::format("</table>\n<p>{}</p>\n<h2>Mistakes</h2>\n<table>\n<tr><th>students</th><th>mistake</th></tr>\n",
                      escaped(longest(figures)));
  for (const auto& [mistake, count] : figures.mistakes) {
    body += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", count, escaped(mistake));
  }
  body += "</table>\n<h2>Students</h2>\n<table>\n<tr><th>file</th><th>points</th></tr>\n";
  for (const auto& [name, json] : results) {
    body += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escaped(name), json.value("score", Json(0)).dump());
  }
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Results of the "
         "class</title>\n<style>\n"
         "body { max-width: 52em; margin: 2em auto; font: 16px/1.5 sans-serif; color: #222; background: #fff; }\n"
         "table { border-collapse: collapse; }\nth, td { border: 1px solid #bbb; padding: .2em .6em; text-align: left; "
         "}\n"
         "</style></head>\n<body>\n" +
         body + "</table>\n</body></html>\n";
}

}  // namespace lab
