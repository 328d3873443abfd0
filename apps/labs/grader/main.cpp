// The grader of the course labs. `lab --help` lists the commands.
#include "commands.h"
#include "compare.h"
#include "course_commands.h"
#include "export.h"
#include "report.h"
#include "teach.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>

namespace {

using namespace lab;

int run_command(int argc, char** argv) {
  CLI::App app{"The labs of the course: write parts of a deep-learning framework, and have them graded."};
  app.name("lab");
  app.require_subcommand(1);
  std::string folder;
  app.add_option("--dir", folder, "folder of your files; default: that of 'lab start'")->type_name("DIR");

  std::function<int()> command;
  const auto on = [&](CLI::App* part, const std::function<int(Context&)>& work) {
    part->callback([&command, &folder, work] {
      command = [&folder, work] {
        Context context(folder);
        return work(context);
      };
    });
  };
  std::string number;
  std::string task;
  const auto with_lab = [&](CLI::App* part) { part->add_option("lab", number, "number of the lab")->required(); };

  std::string where;
  CLI::App* const starting = app.add_subcommand("start", "copy the starters to a folder of your own");
  starting->add_option("dir", where, "default: ~/gradus-labs")->type_name("DIR");
  on(starting, [&](Context& context) { return start(context, where); });

  on(app.add_subcommand("list", "the labs, and your points"), [](Context& context) { return list(context); });

  bool open = false;
  CLI::App* const showing = app.add_subcommand("show", "the handout of a lab");
  with_lab(showing);
  showing->add_flag("--open", open, "as a page");
  on(showing, [&](Context& context) { return show(context, *chosen(context.course, number).front(), open); });

  CLI::App* const grading = app.add_subcommand("grade", "grade a lab, or 'all'");
  with_lab(grading);
  GradeRequest request;
  grading->add_option("--results", request.results, "write a results file")->type_name("FILE");
  grading->add_option("--format", request.format, "of the results file: gradescope or exercism")
      ->check(CLI::IsMember({"gradescope", "exercism"}))
      ->type_name("NAME");
  grading->add_option("--seeds", request.seeds, "seeds of a hidden run")->type_name("FILE")->check(CLI::ExistingFile);
  grading->add_option("--metadata", request.metadata, "submission_metadata.json of Gradescope")->type_name("FILE");
  on(grading, [&](Context& context) {
    request.labs = chosen(context.course, number);
    return grade_labs(context, request);
  });

  CLI::App* const watching = app.add_subcommand("watch", "grade a lab on every save");
  with_lab(watching);
  on(watching, [&](Context& context) { return watch(context, *chosen(context.course, number).front()); });

  CLI::App* const hinting = app.add_subcommand("hint", "a hint for a task, in three steps");
  hinting->add_option("task", task, "such as 8.3")->required();
  on(hinting, [&](Context& context) { return hint(context, task); });

  CLI::App* const drawing = app.add_subcommand("picture", "the picture of a lab, from your code");
  with_lab(drawing);
  on(drawing, [&](Context& context) { return picture(context, *chosen(context.course, number).front()); });

  std::string compared = "all";
  CLI::App* const comparing = app.add_subcommand("compare", "the speed of your code beside the reference");
  comparing->add_option("lab", compared, "number of the lab; default: all");
  on(comparing, [&](Context& context) { return compare(context, chosen(context.course, compared)); });

  bool check_only = false;
  CLI::App* const cutting = app.add_subcommand("cut", "cut the starters from the solutions")->group("For teachers");
  cutting->add_flag("--check", check_only, "only say which are not up to date");
  on(cutting, [&](Context& context) { return cut_starters(context.course, check_only); });

  std::string checked = "all";
  CheckOptions sizes;
  bool keep = false;
  CLI::App* const checking =
      app.add_subcommand("check", "grade wrong versions of the solutions: are they named, and rightly?")
          ->group("For teachers");
  checking->add_option("lab", checked, "number of the lab; default: all");
  checking->add_flag(
      "--all", [&](std::int64_t) { checked = "all"; }, "all labs");
  CLI::App* const fewer = checking->add_option_group("fewer versions");
  fewer->add_option("--pairs", sizes.pairs, "pairs of mistakes in each lab; default: 30");
  fewer->add_option("--perturbations", sizes.perturbations, "changes of one token in each lab; default: 50");
  fewer->excludes(checking->add_flag("--keep", keep, "write the result to matrix.json"));
  on(checking, [&](Context& context) { return check_labs(context, chosen(context.course, checked), sizes, keep); });

  std::vector<std::string> files;
  std::string page;
  CLI::App* const class_of = app.add_subcommand("class", "the results of a class")->group("For teachers");
  class_of->add_option("files", files, "results files of 'lab grade'")->required()->check(CLI::ExistingFile);
  class_of->add_option("--page", page, "also as a page")->type_name("FILE");
  class_of->callback([&] { command = [&] { return show_class(files, page); }; });

  std::string to;
  CLI::App* const exporting = app.add_subcommand("export", "a tree without solutions")->group("For teachers");
  exporting->add_option("--students", to, "new folder")->type_name("DIR")->required();
  std::vector<std::string> exported{"all"};
  exporting->add_option("--labs", exported, "numbers of labs, to which those that they need are added; default: all");
  std::string hidden;
  exporting->add_option("--seeds", hidden, "also name mistakes in this hidden run: for an autograder, not for students")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  on(exporting, [&](Context& context) {
    std::vector<const Lab*> labs;
    for (const std::string& text : exported) {
      for (const Lab* lab : chosen(context.course, text)) labs.push_back(lab);
    }
    std::vector<GradeOptions> seeds(1);
    if (!hidden.empty()) seeds.push_back(with_seeds(hidden));
    export_for_students(context.workshop, labs, seeds, fs::absolute(to));
    return 0;
  });

  std::string lesson;
  Mistake mistake;
  Edit edit;
  CLI::App* const teaching =
      app.add_subcommand("teach", "give a failure that has no name one, from the file it left")->group("For teachers");
  teaching->add_option("file", lesson, "such as unknown-8.3.json")->required()->check(CLI::ExistingFile);
  teaching->add_option("--name", mistake.name, "such as no_path_through_mean")->required();
  teaching->add_option("--text", mistake.text, "what the student is told")->required();
  teaching->add_option("--replace", edit.replace, "text of the solution, found exactly once")->required();
  teaching->add_option("--with", edit.with, "what makes the mistake of it")->required();
  teaching->add_option("--read", mistake.read, "such as 'section 3'; default: that of the task");
  teaching->add_flag("--convention", mistake.convention, "another convention rather than a mistake");
  on(teaching, [&](Context& context) {
    mistake.edits = {edit};
    teach(context.workshop, Json::parse(read_file(lesson)), mistake);
    fmt::print("added; 'lab check' says whether it is told from the others\n");
    return 0;
  });

  std::string prepared;
  CLI::App* const preparing = app.add_subcommand("prepare", "compile what the names of mistakes are found with");
  preparing->group("For teachers")->add_option("lab", prepared, "number of the lab, or 'all'")->required();
  on(preparing, [&](Context& context) { return prepare(context, chosen(context.course, prepared)); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return command();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command(argc, argv);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "lab: {}\n", error.what());
    return 2;
  }
}
