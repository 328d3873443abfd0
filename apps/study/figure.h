#pragma once

#include "statistics.h"

#include <filesystem>
#include <string>
#include <vector>

namespace study {

/// Okabe and Ito's colours, which the colour-blind can tell apart. Throughout the study vermillion is without
/// normalization and blue is batch normalization.
enum class Ink { vermillion, blue, green, purple, yellow, sky, black };

struct Curve {
  enum class Style { line, dashed, points, line_and_points, fill };  ///< fill: the band alone
  std::string title;                                                 ///< in the legend; none if empty
  std::vector<double> x;
  Band y;  ///< a line for the median; a shade, or whiskers of points, from low to high, if these are there
  Ink ink = Ink::black;
  Style style = Style::line;
};

struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;
  bool log_x = false;
  bool log_y = false;
  std::vector<std::string> categories{};  ///< words at x = 0, 1, ... in place of numbers
  std::string y_range = "[*:*]";          ///< as gnuplot writes it
};

struct Figure {
  std::string caption;  ///< what is to be seen, for those too who cannot see it
  std::vector<Panel> panels;
};

/// Draws `folder`/`name`.svg, with the panels in one row, and `folder`/`name`-narrow.svg, one below the other, for
/// phones; the script that draws them stays beside, to be changed. Throws StateError if gnuplot fails.
void draw(const Figure& figure, const std::filesystem::path& folder, const std::string& name);

/// Throws StateError if there is no gnuplot.
void check_gnuplot();

}  // namespace study
