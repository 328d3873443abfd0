#pragma once

// What the pictures of the labs are drawn with.

#include <cstdio>
#include <stdexcept>
#include <string>

namespace harness {

/// Gives a text to the standard input of a program. Throws if the program is missing or fails.
inline void draw_with(const std::string& command, const std::string& package, const std::string& text) {
  std::FILE* pipe = popen(command.c_str(), "w");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  std::fwrite(text.data(), 1, text.size(), pipe);
  const int status = pclose(pipe);
  if (status != 0) {
    throw std::runtime_error(command + " failed. If it is missing: apt-get install " + package);
  }
}

/// Runs a script of gnuplot.
inline void gnuplot(const std::string& script) { draw_with("gnuplot", "gnuplot-nox", script); }

/// Draws a graph in the language of graphviz into an SVG file.
inline void dot(const std::string& graph, const std::string& svg) {
  std::string quoted = "'";
  for (const char c : svg) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  draw_with("dot -Tsvg -o " + quoted + "'", "graphviz", graph);
}

}  // namespace harness
