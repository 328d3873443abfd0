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
    workshop.compiler().compile_together(*lab, mutants, Flags::sanitized);
    mutants.emplace_back();
    in_parallel(mutants.size(), [&](std::size_t i) {
      for (const CaseName& name : names) {
        for (const std::uint64_t added : {std::uint64_t{0}, second_seed}) {
          workshop.reference_run(*lab, mutants[i], name, seed_of(name) + added);
        }
      }
    });
    const auto slips = each_alone(workshop.slips(*lab));
    workshop.compiler().compile_together(*lab, slips, Flags::numbers);
    in_parallel(slips.size(), [&](std::size_t i) {
      for (const CaseName& name : names) {
        if (name.task != slips[i].front()->task) continue;
        workshop.reference_run(*lab, slips[i], name, seed_of(name), Flags::numbers);
      }
    });
    fmt::print("lab {}: {} mistakes, {} changes of one token\n", lab->number, lab->mistakes.size(), slips.size());
  }
  return 0;
}

int check_labs(Context& context, const std::vector<const Lab*>& labs, const CheckOptions& options, bool keep) {
  const fs::path file = context.course.folder() / "matrix.json";
  Json matrix = Json::array();
  for (const Lab* lab : labs) {
    matrix.push_back(check(context.workshop, *lab, options));
    fmt::print("lab {}: {} s\n", lab->number, matrix.back().at("seconds").get<int>());
    std::fflush(stdout);
    matrix.back().erase("seconds");
  }
  fmt::print("{}", table_of(matrix));
  const Json committed = fs::exists(file) ? Json::parse(read_file(file)) : Json::array();
  std::vector<std::string> worse = regressions(matrix, committed);
  if (keep) {
    write_file(file, merged(committed, matrix).dump(1) + '\n');
  } else {
    const std::vector<std::string> added = unmeasured(matrix, committed);
    worse.insert(worse.end(), added.begin(), added.end());
  }
  for (const std::string& text : worse) fmt::print("{}\n", text);
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
