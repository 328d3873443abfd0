#pragma once

#include "setting.h"

#include <string>
#include <vector>

/// What the command line of `study` asks for.
struct Options {
  bool list = false;               // or run:
  std::vector<std::string> names;  // all: every experiment
  study::Scale scale = study::Scale::standard;
  std::string data;  // folder; empty: the built-in sample
  int seeds = 0;     // 0: as many as the scale has
  std::string out = "report";
  bool resume = false;
};

/// Reads the command line. Ends the program for --help, --version and wrong arguments.
Options parse_options(int argc, char** argv);
