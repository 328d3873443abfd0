// Draws the paths of SGD, momentum and Adam on an ill-conditioned bowl, and the height over the steps.

#include "optimizers.h"
#include "plot.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace {

using Point = std::array<double, 2>;

constexpr double steep = 40;
constexpr int steps = 150;

/// (w0^2 + 40 w1^2) / 2: curved 40 times as much along w1 as along w0.
double height(const Point& w) { return (w[0] * w[0] + steep * w[1] * w[1]) / 2; }

/// Rows: step, w0, w1, height.
std::string path(const std::function<void(std::size_t t, Point& w, const Point& g)>& step) {
  Point w{-9, 1.6};
  std::string rows;
  for (std::size_t t = 0; t <= steps; ++t) {
    rows += fmt::format("{} {} {} {}\n", t, w[0], w[1], height(w));
    step(t + 1, w, {w[0], steep * w[1]});
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Point velocity{}, m{}, v{};
  const student::AdamOptions options{.learning_rate = 0.4};
  const std::string sgd = path([](std::size_t, Point& w, const Point& g) { student::sgd_step(w, g, 0.045); });
  const std::string momentum =
      path([&](std::size_t, Point& w, const Point& g) { student::momentum_step(w, g, velocity, 0.012, 0.85); });
  const std::string adam =
      path([&](std::size_t t, Point& w, const Point& g) { student::adam_update(w, g, m, v, t, options); });

  std::string script = fmt::format(
      "$sgd << EOD\n{}EOD\n$momentum << EOD\n{}EOD\n$adam << EOD\n{}EOD\n"
      "set terminal svg size 980,640 dynamic font 'sans,13' background 'white'\n"
      "set output '{}'\n"
      "set multiplot layout 2,1\nset border 3\nset tics nomirror\n"
      "set title '(w_0^2 + {} w_1^2) / 2: each point is a step, lines are of equal height'\n"
      "set xlabel 'w_0'\nset ylabel 'w_1'\nset xrange [-10:5]\nset yrange [-2:2]\nset parametric\nset trange [0:2*pi]\n"
      "set samples 400\nset key outside right center\nplot ",
      sgd, momentum, adam, argv[1], steep);
  for (const double level : {1, 5, 15, 30, 60, 100}) {
    script += fmt::format("{}*cos(t),{}*sin(t) with lines lc rgb '#cccccc' notitle, ", std::sqrt(2 * level),
                          std::sqrt(2 * level / steep));
  }
  const auto lines = [](const std::string& columns) {
    return fmt::format(
        "$sgd using {0} with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '#666666' title 'SGD', \\\n"
        "$momentum using {0} with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '#0072b2' title 'momentum', \\\n"
        "$adam using {0} with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '#d55e00' title 'Adam'\n",
        columns);
  };
  script += lines("2:3") +
            fmt::format(
                "unset parametric\nset title 'Height over the steps'\nset xlabel 'step'\nset ylabel 'height'\n"
                "set xrange [0:{}]\nset yrange [1e-9:300]\nset logscale y\nset format y '10^{{%T}}'\n"
                "set grid ytics lc rgb '#dddddd' lt 1\nplot ",
                steps) +
            lines("1:4");
  harness::gnuplot(script);
}
