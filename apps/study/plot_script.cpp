#include "plot_script.h"

#include "axis.h"
#include "colours.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace study {

namespace {

constexpr int shapes[] = {7, 5, 9, 11, 13, 15, 3};  // of points, distinguishable in greyscale

// Lengths in pixels.
constexpr int font_size = 13;
constexpr double character = 7.6;  // mean width
constexpr double legend_height = 22;
constexpr double title_height = 30;
constexpr double below_axis = 44;  // labels of the ticks and of the axis
constexpr double row_gap = 12;
constexpr double right_margin = 24;
constexpr double sample = 26;  // of a line, in the legend
constexpr double gap = 7;

/// The text in single quotes, as gnuplot escapes them.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

std::string value(double x) { return std::isfinite(x) ? fmt::format("{:.7g}", x) : "NaN"; }

/// The name of the data block of a curve: "$p0c1".
std::string block(std::size_t panel, std::size_t curve) { return fmt::format("$p{}c{}", panel, curve); }

std::string data(const Curve& curve, const std::string& name) {
  const bool banded = !curve.y.low.empty();
  const bool has_line = !curve.y.median.empty();
  const std::size_t size = has_line ? curve.y.median.size() : curve.y.low.size();
  gradus::check(curve.x.size() == size && (!banded || curve.y.low.size() == size),
                "[figure] expected as many x as y in the curve '{}', got {} and {}", curve.title, curve.x.size(), size);
  std::string text = name + " << EOD\n";
  for (std::size_t i = 0; i < size; ++i) {
    const double middle = has_line ? curve.y.median[i] : curve.y.low[i];
    text += fmt::format("{} {} {} {}\n", value(curve.x[i]), value(middle), value(banded ? curve.y.low[i] : middle),
                        value(banded ? curve.y.high[i] : middle));
  }
  return text + "EOD\n";
}

std::string ink_of(const Curve& curve) { return hex(colour_of(curve.ink).light); }
int shape_of(const Curve& curve) { return shapes[static_cast<std::size_t>(curve.ink)]; }

bool has_line(const Curve& curve) { return curve.style != Curve::Style::points && curve.style != Curve::Style::fill; }
bool has_points(const Curve& curve) {
  return curve.style == Curve::Style::points || curve.style == Curve::Style::line_and_points;
}

/// Widths of the lines of a panel: 2 for the last and for dashed ones, more for those below others.
double line_width(const Panel& panel, std::size_t curve) {
  if (panel.curves[curve].style == Curve::Style::dashed) return 2;
  return 2 + 0.8 * static_cast<double>(std::count_if(panel.curves.begin() + static_cast<std::ptrdiff_t>(curve) + 1,
                                                     panel.curves.end(), has_line));
}

double point_size(const Panel& panel, std::size_t curve) { return 0.4 + 0.1 * line_width(panel, curve); }

/// The arguments of `plot` for a curve.
std::vector<std::string> pieces(const Panel& panel, std::size_t number, const std::string& name) {
  const Curve& curve = panel.curves[number];
  const std::string ink = ink_of(curve);
  const bool banded = !curve.y.low.empty();
  std::vector<std::string> result;
  if (banded && curve.style != Curve::Style::points) {
    result.push_back(fmt::format("{} using 1:3:4 with filledcurves fs transparent solid {} noborder lc rgb '{}'", name,
                                 curve.style == Curve::Style::fill ? 0.45 : 0.2, ink));
  }
  if (curve.style == Curve::Style::fill) return result;
  const std::string points = fmt::format("pt {} ps {:.2f}", shape_of(curve), point_size(panel, number));
  if (!has_line(curve)) {
    result.push_back(fmt::format("{} using {} {} lc rgb '{}'", name,
                                 banded ? "1:2:3:4 with yerrorbars lw 1.5" : "1:2 with points", points, ink));
  } else {
    result.push_back(fmt::format("{} using 1:2 with {} lw {:.1f} dt {} lc rgb '{}'", name,
                                 has_points(curve) ? "linespoints " + points : "lines", line_width(panel, number),
                                 curve.style == Curve::Style::dashed ? 2 : 1, ink));
  }
  return result;
}

/// The smallest and the largest finite number of a series that an axis can show.
void extend(std::pair<double, double>& range, const std::vector<double>& values, bool logarithmic) {
  for (const double x : values) {
    if (!std::isfinite(x) || (logarithmic && x <= 0)) continue;
    range = {std::min(range.first, x), std::max(range.second, x)};
  }
}

constexpr std::pair<double, double> empty_range{std::numeric_limits<double>::infinity(),
                                                -std::numeric_limits<double>::infinity()};

/// The axis of x of all panels with the label of this one.
Axis x_axis(const Figure& figure, const Panel& panel) {
  if (!panel.categories.empty()) {
    Axis axis{-0.5, static_cast<double>(panel.categories.size()) - 0.5, {}};
    for (const std::string& category : panel.categories) {
      axis.ticks.push_back({static_cast<double>(axis.ticks.size()), category});
    }
    return axis;
  }
  std::pair<double, double> range = empty_range;
  for (const Panel& other : figure.panels) {
    if (other.x_label != panel.x_label) continue;
    for (const Curve& curve : other.curves) extend(range, curve.x, panel.log_x);
  }
  if (range.first >= range.second) {
    const double only = std::isfinite(range.first) ? range.first : 1;
    return panel.log_x ? rounded_logarithmic_axis(only, only) : rounded_linear_axis(only, only);
  }
  return panel.log_x ? logarithmic_axis(range.first, range.second) : linear_axis(range.first, range.second, false, 6);
}

/// The axis of y of all panels with the label of this one.
Axis y_axis(const Figure& figure, const Panel& panel) {
  std::pair<double, double> range = empty_range;
  for (const Panel& other : figure.panels) {
    if (other.y_label != panel.y_label) continue;
    for (const Curve& curve : other.curves) {
      for (const auto* values : {&curve.y.low, &curve.y.median, &curve.y.high}) extend(range, *values, panel.log_y);
    }
  }
  const double low = panel.y_range.low.value_or(std::isfinite(range.first) ? range.first : 1);
  const double high = std::max(low, panel.y_range.high.value_or(std::isfinite(range.second) ? range.second : 1));
  return panel.log_y ? rounded_logarithmic_axis(low, high) : rounded_linear_axis(low, high, panel.percent);
}

/// A label of a tick, in which gnuplot takes % for the begin of a format.
std::string tick_label(const std::string& label) {
  std::string text;
  for (const char c : label) text += c == '%' ? "%%" : std::string(1, c);
  return in_quotes(text);
}

std::string axis_commands(char name, const Axis& axis, bool logarithmic) {
  std::string ticks;
  for (const Tick& tick : axis.ticks) {
    ticks += fmt::format("{}{} {:.10g}{}", ticks.empty() ? "" : ", ", tick_label(tick.label), tick.at,
                         tick.label.empty() ? " 1" : "");
  }
  return fmt::format("{2} logscale {0}\nset {0}range [{3:.10g}:{4:.10g}]\nset {0}tics ({1})\n", name, ticks,
                     logarithmic ? "set" : "unset", axis.low, axis.high);
}

/// Space for the labels at the left of a panel.
double left_margin(const Axis& y, const Panel& panel) {
  std::size_t longest = 0;
  for (const Tick& tick : y.ticks) longest = std::max(longest, tick.label.size());
  return (panel.y_label.empty() ? 10 : 42) + character * static_cast<double>(longest);
}

std::string plot(const Panel& panel, std::size_t number) {
  std::string text = "plot ";
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    for (const std::string& piece : pieces(panel, c, block(number, c))) {
      text += (text.size() > 5 ? ", \\\n  " : "") + piece + " notitle";
    }
  }
  return text + '\n';
}

/// One curve of every title, with its panel.
struct Entry {
  const Panel* panel;
  std::size_t curve;
  const Curve& operator*() const { return panel->curves[curve]; }
  double width() const {
    return sample + gap + character * static_cast<double>(this->operator*().title.size()) + 2.5 * gap;
  }
};

/// The rows of the legend.
std::vector<std::vector<Entry>> legend_rows(const Figure& figure, double width) {
  std::vector<std::vector<Entry>> rows;
  std::vector<Entry> entries;
  double used = width;
  for (const Panel& panel : figure.panels) {
    for (std::size_t c = 0; c < panel.curves.size(); ++c) {
      const Curve& curve = panel.curves[c];
      if (curve.title.empty()) continue;
      const auto known =
          std::ranges::find_if(entries, [&](const Entry& entry) { return (*entry).title == curve.title; });
      if (known != entries.end()) {
        gradus::check((*known).operator*().ink == curve.ink,
                      "[figure] expected one ink for all curves '{}', as the panels share a legend, got two; choose "
                      "another title or ink",
                      curve.title);
        continue;
      }
      entries.push_back({&panel, c});
      used += entries.back().width();
      if (used > width) {
        rows.emplace_back();
        used = entries.back().width();
      }
      rows.back().push_back(entries.back());
    }
  }
  return rows;
}

/// A row of the legend, centred, at this distance from the upper edge, in a picture of this size.
std::string legend(const std::vector<Entry>& row, double top, double width, double height) {
  double x = width;
  for (const Entry& entry : row) x -= entry.width();
  x = (x + 2.5 * gap) / 2;
  const double y = 1 - top / height;
  std::string text;
  for (const Entry& entry : row) {
    const Curve& curve = *entry;
    const double begin = x / width;
    const double end = (x + sample) / width;
    if (curve.style == Curve::Style::fill) {
      text += fmt::format(
          "set object rectangle from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} fs transparent solid 0.45 noborder "
          "fc rgb '{}'\n",
          begin, y - 5 / height, end, y + 5 / height, ink_of(curve));
    }
    if (has_line(curve)) {
      text += fmt::format(
          "set arrow from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} nohead lw {:.1f} dt {} lc rgb '{}'\n", begin, y,
          end, y, line_width(*entry.panel, entry.curve), curve.style == Curve::Style::dashed ? 2 : 1, ink_of(curve));
    }
    if (has_points(curve)) {
      text += fmt::format("set label '' at screen {:.5f},{:.5f} point pt {} ps {:.2f} lc rgb '{}'\n", (begin + end) / 2,
                          y, shape_of(curve), point_size(*entry.panel, entry.curve), ink_of(curve));
    }
    text += fmt::format("set label {} at screen {:.5f},{:.5f} left noenhanced\n", in_quotes(curve.title),
                        (x + sample + gap) / width, y);
    x += entry.width();
  }
  return text;
}

}  // namespace

std::string plot_script(const Figure& figure, const Layout& layout, const std::string& output) {
  const std::size_t count = figure.panels.size();
  const std::size_t rows = (count + layout.columns - 1) / layout.columns;
  const double width = layout.width * static_cast<double>(layout.columns);
  const std::vector<std::vector<Entry>> keys = legend_rows(figure, width);
  const double top = legend_height * static_cast<double>(keys.size());
  const double row_height = title_height + layout.height + below_axis + row_gap;
  const double height = top + row_height * static_cast<double>(rows) - row_gap;
  std::string text = fmt::format(
      "set terminal svg size {:.0f},{:.0f} dynamic font 'sans-serif,{}' background '{}'\nset output {}\n"
      "set grid ytics lc rgb '{}' lt 1\nset border 3\nset tics nomirror out scale 0.6,0.3\nset xtics offset 0,0.4\n"
      "unset key\nset multiplot\n",
      width, height, font_size, hex(background.light), in_quotes(output), hex(grid_colour.light));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    text += legend(keys[i], legend_height * (static_cast<double>(i) + 0.6), width, height);
  }
  for (std::size_t p = 0; p < count; ++p) {
    const Panel& panel = figure.panels[p];
    for (std::size_t c = 0; c < panel.curves.size(); ++c) text += data(panel.curves[c], block(p, c));
    const Axis x = x_axis(figure, panel);
    const Axis y = y_axis(figure, panel);
    const double left = layout.width * static_cast<double>(p % layout.columns);
    const double above = top + row_height * static_cast<double>(p / layout.columns) + title_height;
    text += fmt::format(
        "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n"
        "set bmargin at screen {:.5f}\n",
        (left + left_margin(y, panel)) / width, (left + layout.width - right_margin) / width, 1 - above / height,
        1 - (above + layout.height) / height);
    text += fmt::format("set title {} noenhanced offset 0,-0.6\nset xlabel {} noenhanced offset 0,0.9\n",
                        in_quotes(panel.title), in_quotes(panel.x_label));
    text += fmt::format("set ylabel {} noenhanced offset 0.8,0\n", in_quotes(panel.y_label));
    text += axis_commands('x', x, panel.log_x) + axis_commands('y', y, panel.log_y) + plot(panel, p);
    if (p == 0) text += "unset label\nunset arrow\nunset object\n";  // the legend
  }
  return text + "unset multiplot\n";
}

}  // namespace study
