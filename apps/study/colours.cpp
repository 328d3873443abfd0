#include "colours.h"

#include <fmt/format.h>

namespace study {

namespace {

constexpr Colour colours[] = {{0xd55e00, 0xd55e00}, {0x0072b2, 0x3399dd}, {0x009e73, 0x009e73}, {0xcc79a7, 0xcc79a7},
                              {0xe69f00, 0xe69f00}, {0x56b4e9, 0xb5e2ff}, {0x000000, 0xe6e6e6}};

/// As gnuplot writes colours: "rgb(  0, 114, 178)".
std::string rgb(int colour) {
  return fmt::format("rgb({:3}, {:3}, {:3})", colour >> 16, colour >> 8 & 0xff, colour & 0xff);
}

}  // namespace

Colour colour_of(Ink ink) { return colours[static_cast<std::size_t>(ink)]; }

std::string hex(int colour) { return fmt::format("#{:06x}", colour); }

std::string dark_style() {
  std::string rules = fmt::format("rect[fill=\"{}\"] {{ fill: {}; }}\n", hex(background.light), hex(background.dark));
  const auto replace = [&](const std::string& light, int dark) {
    for (const char* property : {"fill", "stroke", "color"}) {
      rules += fmt::format("[{0}=\"{1}\"] {{ {0}: {2}; }}\n", property, light, hex(dark));
    }
  };
  replace("black", text_colour.dark);
  replace(rgb(grid_colour.light), grid_colour.dark);
  for (const Colour& colour : colours) {
    if (colour.dark != colour.light) replace(rgb(colour.light), colour.dark);
  }
  return fmt::format("<style>\n@media screen and (prefers-color-scheme: dark) {{\n{}}}\n</style>\n", rules);
}

}  // namespace study
