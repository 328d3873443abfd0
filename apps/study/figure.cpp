#include "figure.h"

#include <gradus/core/check.h>
#include <gradus/files/atomic_file.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ranges>

extern char** environ;

namespace study {

namespace {

constexpr const char* colours[] = {"#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
constexpr int shapes[] = {7, 5, 9, 11, 13, 15, 3};  // of points, distinguishable in greyscale

/// The text in single quotes, as gnuplot escapes them.
std::string quoted(const std::string& text) {
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

/// The arguments of `plot` for a curve.
std::vector<std::string> pieces(const Curve& curve, const std::string& name) {
  const auto ink = static_cast<std::size_t>(curve.ink);
  const std::string title = curve.title.empty() ? "notitle" : "title " + quoted(curve.title);
  const bool banded = !curve.y.low.empty();
  const bool points = curve.style == Curve::Style::points;
  std::vector<std::string> result;
  if (banded && !points) {
    result.push_back(fmt::format("{} using 1:3:4 with filledcurves fs transparent solid {} noborder lc rgb '{}' {}",
                                 name, curve.style == Curve::Style::fill ? 0.45 : 0.2, colours[ink],
                                 curve.style == Curve::Style::fill ? title : "notitle"));
  }
  if (curve.style == Curve::Style::fill) return result;
  if (points && banded) {
    result.push_back(fmt::format("{} using 1:2:3:4 with yerrorbars lw 1.5 pt {} ps 0.7 lc rgb '{}' {}", name,
                                 shapes[ink], colours[ink], title));
  } else {
    const bool marked = points || curve.style == Curve::Style::line_and_points;
    std::string with =
        marked ? fmt::format("{} pt {} ps 0.6", points ? "points" : "linespoints", shapes[ink]) : "lines";
    if (!points) with += fmt::format(" lw 2 dt {}", curve.style == Curve::Style::dashed ? 2 : 1);
    result.push_back(fmt::format("{} using 1:2 with {} lc rgb '{}' {}", name, with, colours[ink], title));
  }
  return result;
}

/// The number of lines of the legend, which is between the title and the axes.
int legend_lines(const Panel& panel) {
  return static_cast<int>(std::ranges::count_if(panel.curves, [](const Curve& curve) { return !curve.title.empty(); }));
}

/// 1, 2 or 5 times a power of ten, so that an axis from 0 to `last` has at most six labels.
double label_distance(double last) {
  const double min_distance = last / 5;
  const double power = std::pow(10, std::floor(std::log10(min_distance)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= min_distance) return factor * power;
  }
  return 10 * power;
}

double last_x(const Panel& panel) {
  double last = 0;
  for (const Curve& curve : panel.curves) last = std::max(last, std::ranges::max(curve.x));
  return last;
}

std::string plot(const Panel& panel, std::size_t number) {
  std::string text = fmt::format("set title {} offset 0,{:.1f}\nset xlabel {}\nset ylabel {}\n", quoted(panel.title),
                                 1.2 * legend_lines(panel) - 0.4, quoted(panel.x_label), quoted(panel.y_label));
  text += fmt::format("{} logscale x\n{} logscale y\nset yrange {}\n", panel.log_x ? "set" : "unset",
                      panel.log_y ? "set" : "unset", panel.y_range);
  text += fmt::format("set format x {0}\nset format y {1}\n", panel.log_x ? "'10^{%L}'" : "'%g'",
                      panel.log_y ? "'10^{%L}'" : "'%g'");
  if (panel.categories.empty()) {
    const double last = last_x(panel);
    const bool automatic = panel.log_x || last <= 0;
    text += automatic ? "set xtics autofreq\n" : fmt::format("set xtics {}\n", label_distance(last));
    text += "set xrange [*:*] noextend\n";
  } else {
    text += "set xtics (";
    for (std::size_t i = 0; i < panel.categories.size(); ++i) {
      text += fmt::format("{}{} {}", i == 0 ? "" : ", ", quoted(panel.categories[i]), i);
    }
    text += fmt::format(")\nset xrange [-0.5:{}.5]\n", panel.categories.size() - 1);
  }
  std::string separator = "plot ";
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    for (const std::string& piece : pieces(panel.curves[c], block(number, c))) {
      text += separator + piece;
      separator = ", \\\n  ";
    }
  }
  return text + '\n';
}

/// The script for a figure with this number of columns of panels, each this wide.
std::string script(const Figure& figure, std::size_t columns, std::size_t width, const std::string& output) {
  const std::size_t count = figure.panels.size();
  const std::size_t rows = (count + columns - 1) / columns;
  int lines = 0;
  for (const Panel& panel : figure.panels) lines = std::max(lines, legend_lines(panel));
  const std::size_t height = 290 + 19 * static_cast<std::size_t>(lines);
  std::string text = fmt::format(
      "set terminal svg size {},{} dynamic font 'sans-serif,13' background 'white'\nset output {}\n"
      "set grid ytics lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror out\n"
      "set key at graph 0.5,1.03 center bottom vertical maxcols 1 Left reverse samplen 2 width 1\n"
      "set tmargin {}\nset multiplot layout {},{}\n",
      width * columns, height * rows, quoted(output), lines + 3, rows, columns);
  for (std::size_t p = 0; p < count; ++p) {
    for (std::size_t c = 0; c < figure.panels[p].curves.size(); ++c) {
      text += data(figure.panels[p].curves[c], block(p, c));
    }
    text += plot(figure.panels[p], p);
  }
  return text + "unset multiplot\n";
}

/// Runs gnuplot in a folder and returns its exit code. Discards its output, but not its error messages.
int gnuplot(const std::filesystem::path& folder, std::string argument) {
  std::string name = "gnuplot";
  char* arguments[] = {name.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const int error = posix_spawnp(&process, name.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || waitpid(process, &status, 0) != process || !WIFEXITED(status)) return 127;
  return WEXITSTATUS(status);
}

void draw(const Figure& figure, std::size_t columns, std::size_t width, const std::filesystem::path& folder,
          const std::string& name) {
  const std::string unfinished = name + ".svg.tmp";
  gradus::write_atomically(folder / (name + ".gp"), script(figure, columns, width, unfinished));
  const int code = gnuplot(folder, name + ".gp");
  gradus::check<gradus::StateError>(
      code == 0,
      "[figure] expected gnuplot to draw {}.gp, got exit code {}; run gnuplot on this file for its error message",
      (folder / name).string(), code);
  std::filesystem::rename(folder / unfinished, folder / (name + ".svg"));
}

}  // namespace

void draw(const Figure& figure, const std::filesystem::path& folder, const std::string& name) {
  const std::size_t count = figure.panels.size();
  draw(figure, count, count == 1 ? 640 : count == 2 ? 460 : 340, folder, name);
  draw(figure, 1, 420, folder, name + "-narrow");
}

void check_gnuplot() {
  gradus::check<gradus::StateError>(
      gnuplot(".", "-V") == 0,
      "[study] expected gnuplot, which draws the figures, got none; sudo apt-get install gnuplot-nox");
}

}  // namespace study
