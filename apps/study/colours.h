#pragma once

#include "figure.h"

#include <string>

namespace study {

/// 0xrrggbb, on a light and on a dark page.
struct Colour {
  int light;
  int dark;
};
constexpr Colour background{0xffffff, 0x16191d};
constexpr Colour text_colour{0x000000, 0xe6e6e6};
constexpr Colour grid_colour{0xdddddd, 0x3a4047};

Colour colour_of(Ink ink);

/// "#0072b2"
std::string hex(int colour);

/// A style sheet that gives a picture by gnuplot the colours of a dark page, where the reader prefers that. Pictures on
/// paper stay light.
std::string dark_style();

}  // namespace study
