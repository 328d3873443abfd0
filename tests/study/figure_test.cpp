#include "study/figure.h"

#include "study/plot_script.h"
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/core/check.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace study;
using gradus::error_text;
using gradus::ValueError;

namespace {

Curve line(const std::string& title, std::vector<double> y, Ink ink = Ink::blue) {
  std::vector<double> x(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  return {title, std::move(x), {{}, std::move(y), {}}, ink};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("figure: panels with the same label have the same range") {
  const Panel low{"low", "steps", "loss", {line("a", {0, 2})}};
  const Panel high{"high", "steps", "loss", {line("a", {0, 3, 6})}};
  const Panel other{"other", "batch size", "accuracy", {line("a", {0.5, 1})}};
  const std::string script = plot_script({"", {low, high, other}}, {3, 340, 350}, "x.svg");
  CHECK_EQ(count(script, "set yrange [0:6]"), 2);
  CHECK_EQ(count(script, "set xrange [0:2]"), 2);
  CHECK_EQ(count(script, "set yrange [0.5:1]"), 1);
  CHECK_EQ(count(script, "set xrange [0:1]"), 1);
}

TEST_CASE("figure: a range of the panel stands, and numbers that are not finite do not count") {
  Panel panel{"", "x", "y", {line("a", {0.2, std::nan(""), 0.4})}};
  panel.y_range = {.low = 0};
  panel.percent = true;
  CHECK(contains(plot_script({"", {panel}}, {}, "x.svg"),
                 "set yrange [0:0.4]\nset ytics ('0 %%' 0, '10 %%' 0.1, '20 %%' 0.2, '30 %%' 0.3, '40 %%' 0.4)\n"));
  panel.curves = {line("a", {std::nan(""), std::nan("")})};
  CHECK(contains(plot_script({"", {panel}}, {}, "x.svg"), "set yrange [0:1]"));
}

TEST_CASE("figure: logarithmic axes have labels at 1, 2 and 5, and minor ticks") {
  Panel panel{"", "x", "y", {line("a", {0.3, 0, 4})}, false, true};
  CHECK(contains(plot_script({"", {panel}}, {}, "x.svg"),
                 "set logscale y\nset yrange [0.2:5]\n"
                 "set ytics ('0.2' 0.2, '' 0.3 1, '' 0.4 1, '0.5' 0.5, '' 0.6 1, '' 0.7 1, '' 0.8 1, '' 0.9 1, '1' 1, "
                 "'2' 2, '' 3 1, '' 4 1, '5' 5)"));
}

TEST_CASE("figure: one legend for all panels, above them, and plots that take four fifths of the height") {
  const Panel first{"first", "x", "y", {line("without", {1, 2}, Ink::vermillion), line("batch norm", {2, 1})}};
  const Panel second{"second", "x", "y", {line("without", {1, 3}, Ink::vermillion), line("noise", {1, 1}, Ink::sky)}};
  const std::string script = plot_script({"", {first, second}}, {2, 460, 370}, "x.svg");
  for (const char* title : {"without", "batch norm", "noise"}) {
    CHECK_EQ(count(script, std::string("set label '") + title + "'"), 1);
  }
  CHECK_EQ(count(script, "set arrow from"), 3);
  CHECK(contains(script, "unset key"));
  double width = 0;
  double height = 0;
  REQUIRE_EQ(std::sscanf(script.c_str(), "set terminal svg size %lf,%lf", &width, &height), 2);
  CHECK_EQ(width, 920);
  CHECK_GE(370 / height, 0.79);
  // All labels of the legend are above the plots.
  double top = 0;
  REQUIRE_EQ(std::sscanf(script.c_str() + script.find("set tmargin at screen"), "set tmargin at screen %lf", &top), 1);
  CHECK_LT(top, 1 - 40 / height);
  const std::string label = "set label 'noise' at screen ";
  double x = 0;
  double y = 0;
  REQUIRE_EQ(std::sscanf(script.c_str() + script.find(label) + label.size(), "%lf,%lf", &x, &y), 2);
  CHECK_GT(y, 1 - 20 / height);
  CHECK_LT(x, 1);
}

TEST_CASE("figure: a legend that is wider than the picture has several rows") {
  Panel panel{"", "x", "y", {}};
  for (const char* title : {"batch norm, small weights", "batch norm, large weights", "no norm, small weights"}) {
    panel.curves.push_back(line(title, {1, 2}));
  }
  const auto row_of = [&](double width, const std::string& title) {
    const std::string script = plot_script({"", {panel}}, {1, width, 350}, "x.svg");
    const std::string label = "set label '" + title + "' at screen ";
    return script.substr(script.find(",", script.find(label) + label.size()), 8);
  };
  CHECK_EQ(row_of(640, "batch norm, small weights"), row_of(640, "batch norm, large weights"));
  CHECK_NE(row_of(360, "batch norm, small weights"), row_of(360, "batch norm, large weights"));
}

TEST_CASE("figure: two inks under one title") {
  const Panel first{"", "x", "y", {line("a", {1, 2}, Ink::vermillion)}};
  const Panel second{"", "x", "y", {line("a", {1, 2}, Ink::blue)}};
  CHECK_EQ(
      error_text<ValueError>([&] {
        plot_script({"", {first, second}}, {}, "x.svg");
      }),
      "[figure] expected one ink for all curves 'a', as the panels share a legend, got two; choose another title or "
      "ink");
}

TEST_CASE("figure: a line is wider than those above it") {
  const Panel panel{"", "x", "y", {line("a", {1, 2}), line("b", {1, 2}, Ink::green), line("c", {1, 2}, Ink::sky)}};
  const std::string script = plot_script({"", {panel}}, {}, "x.svg");
  const std::string curves = script.substr(script.find("plot "));
  const auto width_of = [&](int curve) {
    const std::size_t at = curves.find(" lw ", curves.find(fmt::format("$p0c{}", curve)));
    return std::stod(curves.substr(at + 4));
  };
  CHECK_EQ(width_of(2), 2);
  CHECK_GT(width_of(1), 2.5);
  CHECK_GT(width_of(0), 3.3);
}

TEST_CASE("figure: colours for dark pages, and not for paper") {
  const TemporaryFolder folder;
  draw({"", {{"title", "x", "y", {line("a", {1, 2})}}}}, folder / "", "line");
  for (const char* name : {"line.svg", "line-narrow.svg"}) {
    const std::string svg = file_text(folder / name);
    const std::size_t style = svg.find("<style>\n@media screen and (prefers-color-scheme: dark) {");
    REQUIRE(style != std::string::npos);
    // The style sheet names colours as gnuplot writes them.
    for (const char* colour : {"\"black\"", "\"rgb(221, 221, 221)\"", "\"rgb(  0, 114, 178)\"", "\"#ffffff\""}) {
      CHECK_MESSAGE(svg.find(colour) < svg.find("</style>"), colour);
      std::string value = colour;
      const std::size_t drawn = svg.find(value, svg.find("</style>"));
      std::ranges::replace(value, '"', '\'');
      CHECK_MESSAGE((drawn != std::string::npos || svg.find(value) != std::string::npos), colour);
    }
  }
  CHECK_FALSE(std::filesystem::exists(folder / "line.svg.tmp"));
}

TEST_CASE("figure: more x than y") {
  const TemporaryFolder folder;
  const Figure figure{"", {{"", "x", "y", {{"curve", {1, 2}, {{}, {1}, {}}}}}}};
  CHECK_EQ(error_text<ValueError>([&] { draw(figure, folder / "", "wrong"); }),
           "[figure] expected as many x as y in the curve 'curve', got 2 and 1");
}

TEST_CASE("figure: an invalid script does not replace the earlier figure") {
  const TemporaryFolder folder;
  Figure figure{"", {{"", "x", "y", {{"curve", {1, 2}, {{}, {1, 2}, {}}}}}}};
  draw(figure, folder / "", "line");
  const std::string drawn = file_text(folder / "line.svg");
  CHECK(drawn.ends_with("</svg>\n\n"));
  figure.panels[0].title = "not\na title";
  CHECK_EQ(error_text<gradus::StateError>([&] { draw(figure, folder / "", "line"); }),
           "[figure] expected gnuplot to draw " + (folder / "line").string() +
               ".gp, got exit code 1; run gnuplot on this file for its error message");
  CHECK_EQ(file_text(folder / "line.svg"), drawn);
}
