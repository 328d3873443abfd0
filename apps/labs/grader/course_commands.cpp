#include "course_commands.h"

#include "class_page.h"
#include "cutter.h"
#include "matrix.h"
#include "parallel.h"

#include <fmt/format.h>

#include <cstdio>

namespace lab {

int show_class(const std::vector<std::string>& files, const std::string& page) {
  ClassResults results;
  for (const std::string& file : files) {
    Json json = Json::parse(read_file(file), nullptr, false);
    if (!json.is_object() || !json.contains("tests")) throw Error(file + " is not a results file of 'lab grade'");
    results.emplace_back(fs::path(file).stem().string(), std::move(json));
  }
  fmt::print("{}", class_text(results));
  if (!page.empty()) write_file(page, class_html(results));
  return 0;
}

int prepare(Context& context, const std::vector<const Lab*>& labs) {
  Workshop& workshop = context.workshop;
  for (const Lab* lab : labs) {
    const std::vector<CaseName>& names = workshop.cases(*lab);
    std::vector<std::vector<const Mistake*>> mutants = each_alone(lab->mistakes);
    workshop.compile_together(*lab, mutants, Workshop::Flags::sanitized);
    mutants.emplace_back();
    in_parallel(mutants.size(), [&](std::size_t i) {
      for (const CaseName& name : names) {
        for (const std::uint64_t added : {std::uint64_t{0}, second_seed}) {
          workshop.reference_run(*lab, mutants[i], name, seed_of(name) + added);
        }
      }
    });
    const auto slips = each_alone(workshop.slips(*lab));
    workshop.compile_together(*lab, slips, Workshop::Flags::numbers);
    in_parallel(slips.size(), [&](std::size_t i) {
      for (const CaseName& name : names) {
        if (name.task != slips[i].front()->task) continue;
        workshop.reference_run(*lab, slips[i], name, seed_of(name), Workshop::Flags::numbers);
      }
    });
    fmt::print("lab {}: {} mistakes, {} changes of one token\n", lab->number, lab->mistakes.size(), slips.size());
  }
  return 0;
}

int check_labs(Context& context, const std::vector<const Lab*>& labs, const CheckOptions& options, bool keep) {
  const fs::path file = context.course.folder() / "matrix.json";
  const Json committed = fs::exists(file) ? Json::parse(read_file(file)) : Json::array();
  Json matrix = Json::array();
  for (const Lab* lab : labs) {
    matrix.push_back(check(context.workshop, *lab, options));
    fmt::print("lab {}: {} s\n", lab->number, matrix.back().at("seconds").get<int>());
    std::fflush(stdout);
    matrix.back().erase("seconds");
  }
  fmt::print("{}", table_of(matrix));
  const std::vector<std::string> worse = regressions(matrix, committed);
  for (const std::string& text : worse) fmt::print("{}\n", text);
  if (keep) {
    Json all = Json::array();
    for (const Lab& lab : context.course.labs()) {
      const auto take = [&](const Json& from) {
        for (const Json& entry : from) {
          if (entry.at("lab") == lab.number) return entry;
        }
        return Json();
      };
      Json entry = take(matrix);
      if (entry.is_null()) entry = take(committed);
      if (!entry.is_null()) all.push_back(entry);
    }
    write_file(file, all.dump(1) + '\n');
  }
  return worse.empty() ? 0 : 1;
}

int cut_starters(const Course& course, bool check) {
  int old = 0;
  for (const Lab& lab : course.labs()) {
    if (!fs::exists(lab.solution())) continue;
    const fs::path file = lab.folder / "starter.cpp";
    const std::string starter = cut(lab, read_file(lab.solution()));
    if (fs::exists(file) && read_file(file) == starter) continue;
    if (check) {
      fmt::print("{} is not what its solution makes: apps/labs/lab cut\n", file.string());
      ++old;
    } else {
      write_file(file, starter);
      fmt::print("{}\n", file.string());
    }
  }
  return old == 0 ? 0 : 1;
}

}  // namespace lab
