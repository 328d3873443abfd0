// Draws GFLOP/s over the size of square matrices: the three loops of the definition, the student's two products,
// OpenBLAS.

#include "dense.h"
#include "plot.h"

#include <fmt/format.h>

#if __has_include(<cblas.h>)
#include <cblas.h>
#define LAB_HAS_CBLAS 1
#endif

#include <algorithm>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using Product =
    std::function<void(std::span<const double> a, std::span<const double> b, std::size_t n, std::span<double> c)>;

void three_loops(std::span<const double> a, std::span<const double> b, std::size_t n, std::span<double> c) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double dot = 0;
      for (std::size_t k = 0; k < n; ++k) dot += a[i * n + k] * b[k * n + j];
      c[i * n + j] = dot;
    }
  }
}

/// The fastest of at least three calls, and of as many as fit into 50 ms.
double gigaflops(const Product& product, std::size_t n) {
  const std::vector<double> a(n * n, 1.25), b(n * n, 0.75);
  std::vector<double> c(n * n);
  double best = 1e9, total = 0;
  for (int repetition = 0; repetition < 3 || (total < 0.05 && repetition < 1000); ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    product(a, b, n, c);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, seconds);
    total += seconds;
  }
  const auto size = static_cast<double>(n);
  return 2e-9 * size * size * size / best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  struct Line {
    std::string title;
    std::string colour;
    Product product;
  };
  std::vector<Line> lines{{"three loops", "#666666", three_loops},
                          {"dense\\_forward", "#009e73",
                           [](auto a, auto b, std::size_t n, auto c) { student::dense_forward(a, b, {}, n, n, n, c); }},
                          {"blocked\\_product", "#0072b2",
                           [](auto a, auto b, std::size_t n, auto c) { student::blocked_product(a, b, n, n, n, c); }}};
#ifdef LAB_HAS_CBLAS
#ifdef OPENBLAS_VERSION
  openblas_set_num_threads(1);
#endif
  lines.push_back({"OpenBLAS", "#d55e00", [](auto a, auto b, std::size_t n, auto c) {
                     const auto size = static_cast<int>(n);
                     cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.data(), size,
                                 b.data(), size, 0, c.data(), size);
                   }});
#endif

  std::string data, plot;
  std::vector<std::pair<double, std::size_t>> ends;  // where each line ends, for its label
  for (std::size_t i = 0; i < lines.size(); ++i) {
    data += fmt::format("$line{} << EOD\n", i);
    double last = 0;
    for (const std::size_t n : {16U, 32U, 48U, 64U, 96U, 128U, 192U, 256U, 384U, 512U, 640U}) {
      last = gigaflops(lines[i].product, n);
      data += fmt::format("{} {}\n", n, last);
    }
    data += "EOD\n";
    ends.emplace_back(last, i);
    plot += fmt::format("{}$line{} with linespoints pt 7 ps 0.5 lw 2 lc rgb '{}'", i == 0 ? "plot " : ", ", i,
                        lines[i].colour);
  }
  std::sort(ends.begin(), ends.end());
  double height = 0;
  for (const auto& [last, i] : ends) {
    height = std::max(last, 1.3 * height);
    data +=
        fmt::format("set label '{}  {:.1f}' at 680,{} tc rgb '{}'\n", lines[i].title, last, height, lines[i].colour);
  }
  harness::gnuplot(
      fmt::format("set terminal svg size 860,440 dynamic font 'sans,13' background 'white'\n"
                  "set output '{}'\n"
                  "set title 'Products of two n x n matrices of doubles on one core'\n"
                  "set logscale xy\nset xrange [14:1900]\nset yrange [0.5:*]\n"
                  "set xtics (16, 32, 64, 128, 256, 512)\nset border 3\nset tics nomirror\n"
                  "set grid ytics lc rgb '#dddddd' lt 1\nset xlabel 'n'\nset ylabel 'GFLOP/s'\nunset key\n{}{}\n",
                  argv[1], data, plot));
}
