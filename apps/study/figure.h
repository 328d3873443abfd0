#pragma once

#include "statistics.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace study {

/// Okabe-Ito colours, distinguishable with colour blindness; lighter variants of the dark ones on a dark background. In
/// all figures vermillion means without normalization, and blue means batch normalization.
enum class Ink { vermillion, blue, green, purple, yellow, sky, black };

struct Curve {
  enum class Style { line, dashed, points, line_and_points, fill };  ///< fill: only the band
  std::string title;  ///< in the legend, which all panels share; no entry if empty
  std::vector<double> x;
  Band y;  ///< a line for the median, and a shaded band or error bars from low to high unless these are empty
  Ink ink = Ink::black;
  Style style = Style::line;
};

/// The ends of an axis. Those that are missing come from the data.
struct Range {
  std::optional<double> low{};
  std::optional<double> high{};
};

/// Panels with the same label at an axis have the same range there. Earlier curves are wider, so that they can be seen
/// under later ones.
struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;
  bool log_x = false;
  bool log_y = false;
  std::vector<std::string> categories{};  ///< labels at x = 0, 1, ... instead of numbers
  Range y_range{};
  bool percent = false;  ///< y are shares, to be written as percentages
};

struct Figure {
  std::string caption;  ///< also the alternative text
  std::vector<Panel> panels;
};

/// Draws `folder`/`name`.svg, with the panels side by side, and `folder`/`name`-narrow.svg for phones, with one panel
/// per row. Both have colours for light and for dark pages. Keeps the gnuplot scripts in the folder. Throws StateError
/// if gnuplot fails.
void draw(const Figure& figure, const std::filesystem::path& folder, const std::string& name);

/// Throws StateError if there is no gnuplot.
void check_gnuplot();

}  // namespace study
