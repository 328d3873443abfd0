#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace lab {

struct Limits {
  double seconds = 10;                            ///< of computing, and four times as many that pass
  std::size_t output = std::size_t{1} << 20;      ///< bytes that are printed
  std::size_t file_size = std::size_t{64} << 20;  ///< bytes of a file that is written
  std::size_t memory = 0;                         ///< bytes of addresses, or 0 for any number: sanitizers take many
};

struct Outcome {
  int exit_code = 0;
  int signal = 0;  ///< that ended it, or 0
  bool timed_out = false;
  bool too_much_output = false;
  std::string output;  ///< standard output and error
  double seconds = 0;  ///< of computing, or those that passed if they were too many
  bool good() const { return exit_code == 0 && signal == 0; }
};

/// Runs a program, found along PATH, without a terminal, in a process group of its own that is killed at the end.
Outcome run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment = {},
            const Limits& limits = {});

/// Seconds of computing of this program and of all that it has run. Unlike those that pass, they do not depend on what
/// else the machine does.
double seconds_of_computing();

}  // namespace lab
