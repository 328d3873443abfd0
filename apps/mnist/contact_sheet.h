#pragma once

#include <gradus/core/real.h>

#include <string>
#include <vector>

/// One image of a sheet: rows of values from -1 to 1, and lines of text under it.
struct Tile {
  gradus::Index columns;
  std::vector<double> values;
  std::vector<std::string> text{};
};

/// 0xrrggbb of the values -1, 0 and 1, with mixtures in between.
struct Palette {
  int low;
  int middle;
  int high;
};

/// Images in rows of eight, to be read at 80 mm width. `text_lines` is the number of lines that are kept free under
/// each. With `legend`, the ends and the middle of the scale are written beside their colours.
struct ContactSheet {
  std::vector<std::string> title;  ///< lines
  Palette palette;
  std::vector<Tile> tiles{};
  std::vector<std::string> legend{};  ///< what -1, 0 and 1 stand for
};

/// As SVG, for light and for dark pages.
std::string to_svg(const ContactSheet& sheet);
