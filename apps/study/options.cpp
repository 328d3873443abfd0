#include "options.h"

#include <gradus/core/about.h>

#include <CLI/CLI.hpp>

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Tries sixteen claims about batch normalization on real images, and writes a\n"
      "page with a figure, the numbers and a verdict for each. For a first look:\n"
      "study run all --quick"};
  app.set_version_flag("--version", gradus::about());
  app.get_formatter()->column_width(24);
  app.require_subcommand(1);

  CLI::App* list = app.add_subcommand("list", "the experiments: name, expected minutes, claim");
  CLI::App* run = app.add_subcommand("run", "runs experiments and writes the report");
  run->get_formatter()->column_width(24);
  run->add_option("NAME", o.names, "of experiments, or all")->required()->type_name("...");
  bool quick = false;
  bool full = false;
  CLI::Option* quick_flag = run->add_flag("--quick", quick, "few steps, three seeds, the built-in images");
  run->add_flag("--full", full, "all steps, the full MNIST: numbers to quote")->excludes(quick_flag);
  run->add_option("--data", o.data, "folder of the four MNIST files, raw or .gz;\nwith --full ~/.cache/gradus/mnist")
      ->excludes(quick_flag)
      ->type_name("DIR");
  run->add_option("--seeds", o.seeds, "runs of every arm; default 5, quick 3")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  run->add_option("--out", o.out, "folder of the report")->capture_default_str()->type_name("DIR");
  run->add_flag("--resume", o.resume, "keeps the runs that are finished in that folder");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  o.list = list->parsed();
  o.scale = quick ? study::Scale::quick : full ? study::Scale::full : study::Scale::standard;
  return o;
}
