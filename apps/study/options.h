#pragma once

#include "setting.h"

#include <string>
#include <vector>

/// The options of the command line of `study`.
struct Options {
  bool list = false;               // otherwise: run
  std::vector<std::string> names;  // all: every experiment
  study::Scale scale = study::Scale::standard;
  std::string data;  // folder; empty: the built-in sample
  int seeds = 0;     // 0: the default
  std::uint64_t seed = study::default_seed;
  std::string out = "report";
  bool resume = false;
};

/// Parses the command line. Ends the program after --help, --version and wrong arguments.
Options parse_options(int argc, char** argv);
