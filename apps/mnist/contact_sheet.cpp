#include "contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

using gradus::Index;

namespace {

// Ten units are a millimetre at the width of 80 mm.
constexpr Index width = 800;
constexpr Index per_row = 8;
constexpr Index cell = width / per_row;
constexpr Index image = 84;
constexpr Index margin = (cell - image) / 2;
constexpr Index line_height = 27;
constexpr Index legend_height = 52;

/// The number of colours on each side of the middle.
constexpr int levels = 15;

int mixture(int from, int to, double share) {
  int colour = 0;
  for (const int shift : {16, 8, 0}) {
    const int a = from >> shift & 0xff;
    const int b = to >> shift & 0xff;
    colour |= static_cast<int>(std::lround(a + share * (b - a))) << shift;
  }
  return colour;
}

int level_of(double value) { return static_cast<int>(std::lround(std::clamp(value, -1.0, 1.0) * levels)); }

std::string colour_of(int level, const Palette& palette) {
  const double share = std::abs(level) / static_cast<double>(levels);
  return fmt::format("#{:06x}", mixture(palette.middle, level < 0 ? palette.low : palette.high, share));
}

std::string text_svg(Index x, Index y, std::string_view anchor, const std::vector<std::string>& lines) {
  std::string svg = fmt::format("<text y=\"{}\" text-anchor=\"{}\">", y, anchor);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    svg += fmt::format("<tspan x=\"{}\" dy=\"{}\">{}</tspan>", x, i == 0 ? 0 : line_height, lines[i]);
  }
  return svg + "</text>\n";
}

/// A path for each colour, whose strokes are the runs of pixels of that colour.
std::string tile_svg(const Tile& tile, Index x, Index y, const Palette& palette) {
  const auto rows = static_cast<Index>(tile.values.size()) / tile.columns;
  std::map<int, std::string> strokes;
  for (Index row = 0; row < rows; ++row) {
    const double* const values = tile.values.data() + row * tile.columns;
    for (Index begin = 0, end = 0; begin < tile.columns; begin = end) {
      const int level = level_of(values[begin]);
      while (end < tile.columns && level_of(values[end]) == level) ++end;
      if (level != 0) strokes[level] += fmt::format("M{} {}h{}", begin, row, end - begin);
    }
  }
  const double scale = static_cast<double>(image) / static_cast<double>(std::max(rows, tile.columns));
  std::string svg = fmt::format(
      "<g class=\"tile\" transform=\"translate({} {}) scale({:g})\">"
      "<rect width=\"{}\" height=\"{}\" fill=\"{}\"/><g transform=\"translate(0 .5)\">\n",
      x, y, scale, tile.columns, rows, colour_of(0, palette));
  for (const auto& [level, path] : strokes) {
    svg += fmt::format("<path stroke=\"{}\" d=\"{}\"/>\n", colour_of(level, palette), path);
  }
  return svg + "</g></g>\n";
}

std::string legend_svg(const ContactSheet& sheet, Index y) {
  constexpr Index step = 10;
  constexpr Index bar = (2 * levels + 1) * step;
  constexpr Index left = (width - bar) / 2;
  std::string svg;
  for (int level = -levels; level <= levels; ++level) {
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"{}\"/>\n",
                       left + (level + levels) * step, y, step, colour_of(level, sheet.palette));
  }
  for (std::size_t i = 0; i < sheet.legend.size(); ++i) {
    svg += text_svg(left + static_cast<Index>(i) * bar / 2, y + 14 + line_height, "middle", {sheet.legend[i]});
  }
  return svg;
}

}  // namespace

std::string to_svg(const ContactSheet& sheet) {
  std::size_t text_lines = 0;
  for (const Tile& tile : sheet.tiles) text_lines = std::max(text_lines, tile.text.size());
  const auto lines = [](std::size_t n) { return static_cast<Index>(n) * line_height; };
  const Index row_height = cell + lines(text_lines);
  const auto rows = (static_cast<Index>(sheet.tiles.size()) + per_row - 1) / per_row;
  const Index top = lines(sheet.title.size()) + 2 * margin;
  const Index bottom = top + rows * row_height;
  const Index height = bottom + (sheet.legend.empty() ? 0 : legend_height);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"24\" fill=\"#000000\" shape-rendering=\"crispEdges\">\n"
      "<style>\n.page {{ fill: #ffffff; }}\n@media screen and (prefers-color-scheme: dark) {{\n.page {{ fill: #16191d; "
      "}}\ntext {{ fill: #e6e6e6; }}\n}}\n</style>\n<rect class=\"page\" width=\"{0}\" height=\"{1}\"/>\n",
      width, height);
  svg += text_svg(margin, line_height, "start", sheet.title);
  for (std::size_t i = 0; i < sheet.tiles.size(); ++i) {
    const Index x = static_cast<Index>(i) % per_row * cell;
    const Index y = top + static_cast<Index>(i) / per_row * row_height;
    svg += tile_svg(sheet.tiles[i], x + margin, y, sheet.palette);
    svg += text_svg(x + cell / 2, y + image + line_height, "middle", sheet.tiles[i].text);
  }
  if (!sheet.legend.empty()) svg += legend_svg(sheet, bottom);
  return svg + "</svg>\n";
}
