#pragma once

#include "figure.h"

#include <string>

namespace study {

/// Columns of panels, and the size of a panel in pixels: the width with its margins, the height of the plot alone.
struct Layout {
  std::size_t columns = 1;
  double width = 640;
  double height = 350;
};

/// The commands for gnuplot that draw a figure into the file `output`. Above the panels is one legend for all of them.
/// Throws ValueError if a curve has more x than y, or two curves with the same title have different inks.
std::string plot_script(const Figure& figure, const Layout& layout, const std::string& output);

}  // namespace study
