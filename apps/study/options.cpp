#include "options.h"

#include "../command_line.h"

#include <gradus/core/about/about.h>

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Tests nineteen claims about batch normalization on real images, and writes a\n"
      "page with a figure, a table and a verdict for each. To start with:\n"
      "study run all --quick"};
  app.set_version_flag("--version", gradus::about());
  app.get_formatter()->column_width(24);
  app.require_subcommand(1);

  CLI::App* list = app.add_subcommand("list", "list the experiments: name, expected minutes, claim");
  CLI::App* run = app.add_subcommand("run", "run experiments and write the report");
  run->get_formatter()->column_width(24);
  CLI::Option* names = run->add_option("NAME", o.names, "names of experiments, or all")->required()->type_name("...");
  bool quick = false;
  bool full = false;
  CLI::Option* quick_flag = run->add_flag("--quick", quick, "few steps, built-in images");
  run->add_flag("--full", full, "all steps and the full MNIST, for numbers to quote")->excludes(quick_flag);
  run->add_option("--data", o.data,
                  "folder of the four MNIST files, raw or .gz;\ndefault with --full: ~/.cache/gradus/mnist")
      ->excludes(quick_flag)
      ->type_name("DIR");
  run->add_option("--seeds", o.seeds, fmt::format("seeds of every arm; default: {}", study::default_seeds))
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  run->add_option("--seed", o.seed, "the first seed; the others follow")
      ->check(whole_number(std::uint32_t{0}))
      ->capture_default_str()
      ->type_name("N");
  run->add_option("--out", o.out, "folder of the report")->capture_default_str()->type_name("DIR");
  run->add_flag("--resume", o.resume, "keep the finished runs of that folder");

  parse(app, argc, argv);
  require(names, o.names.size() == 1 || std::ranges::find(o.names, "all") == o.names.end(),
          "expected names of experiments or all, got all and other names");
  o.list = list->parsed();
  o.scale = quick ? study::Scale::quick : full ? study::Scale::full : study::Scale::standard;
  return o;
}
