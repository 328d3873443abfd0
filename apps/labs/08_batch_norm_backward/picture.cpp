// The time of the staged and of the closed form, and the error of both.
#include "batch_norm_backward.h"
#include "plot.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>
#include <vector>

namespace {

struct Batch {
  std::size_t N;
  std::size_t F;
  std::vector<double> x, dy, gamma, mu, inv_std, xhat;
  std::vector<double> dxhat, dvariance, dmu, staged, closed, dgamma, dbeta;

  Batch(std::size_t samples, std::size_t features, double mean)
      : N(samples),
        F(features),
        x(N * F),
        dy(N * F),
        gamma(F, 1.5),
        mu(F),
        inv_std(F),
        xhat(N * F),
        dxhat(N * F),
        dvariance(F),
        dmu(F),
        staged(N * F),
        closed(N * F),
        dgamma(F),
        dbeta(F) {
    std::mt19937_64 generator(8);
    std::normal_distribution<double> normal;
    for (double& v : x) v = mean + normal(generator);
    for (double& v : dy) v = normal(generator);
    forward(x);
  }

  /// The loss sum(dy y), in extended precision.
  long double forward(const std::vector<double>& input) {
    long double loss = 0;
    for (std::size_t j = 0; j < F; ++j) {
      long double mean = 0;
      long double variance = 0;
      for (std::size_t i = 0; i < N; ++i) mean += input[i * F + j];
      mean /= static_cast<long double>(N);
      for (std::size_t i = 0; i < N; ++i) variance += (input[i * F + j] - mean) * (input[i * F + j] - mean);
      const long double inverse = 1 / std::sqrt(variance / static_cast<long double>(N) + 1e-3L);
      mu[j] = static_cast<double>(mean);
      inv_std[j] = static_cast<double>(inverse);
      for (std::size_t i = 0; i < N; ++i) {
        xhat[i * F + j] = (input[i * F + j] - mu[j]) * inv_std[j];
        loss += static_cast<long double>(dy[i * F + j] * gamma[j]) * (input[i * F + j] - mean) * inverse;
      }
    }
    return loss;
  }

  void by_stages() {
    student::batch_norm_backward_staged(dy, x, mu, inv_std, gamma, N, F, dxhat, dvariance, dmu, staged);
  }
  void by_formula() { student::batch_norm_backward(dy, xhat, inv_std, gamma, N, F, closed, dgamma, dbeta); }
};

template <class Call>
double microseconds(const Call& call) {
  double best = 1e9;
  for (int repetition = 0; repetition < 15; ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    call();
    best = std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// The largest error of each form against a numeric derivative.
std::pair<double, double> errors(double mean) {
  Batch b(6, 3, mean);
  b.by_stages();
  b.by_formula();
  std::pair<double, double> largest{0, 0};
  for (std::size_t n = 0; n < b.x.size(); ++n) {
    Batch moved = b;
    const double step = 0x1p-18;
    moved.x[n] = b.x[n] + step;
    const long double up = moved.forward(moved.x);
    moved.x[n] = b.x[n] - step;
    const double expected = static_cast<double>((up - moved.forward(moved.x)) / (2 * static_cast<long double>(step)));
    largest.first = std::max(largest.first, std::abs(b.staged[n] - expected));
    largest.second = std::max(largest.second, std::abs(b.closed[n] - expected));
  }
  return largest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ostringstream script;
  script << "set terminal svg size 900,400 font 'sans,12' background rgb 'white'\nset output '" << argv[1] << "'\n"
         << "set multiplot layout 1,2\nset logscale xy\nset grid\nset key left top\nset tics nomirror\n$time << END\n";
  for (std::size_t n = 16; n <= 4096; n *= 2) {
    Batch b(n, 64, 0);
    script << n << ' ' << microseconds([&] { b.by_stages(); }) << ' ' << microseconds([&] { b.by_formula(); }) << '\n';
  }
  script << "END\n$error << END\n";
  for (double mean = 1; mean <= 1e8; mean *= 10) {
    const auto [staged, closed] = errors(mean);
    script << mean << ' ' << staged << ' ' << closed << '\n';
  }
  script
      << "END\nset title 'Time of one backward pass, 64 features'\nset xlabel 'batch size'\nset ylabel 'microseconds'\n"
      << "plot $time u 1:2 w lp lw 2 pt 7 lc rgb '#c0392b' t 'staged', '' u 1:3 w lp lw 2 pt 5 lc rgb '#2471a3' t "
         "'closed form'\n"
      << "set title 'Largest error of dx'\nset xlabel 'mean of x'\nset ylabel 'error against a numeric derivative'\n"
      << "set format x '10^{%T}'\nset format y '10^{%T}'\n"
      << "plot $error u 1:2 w lp lw 2 pt 7 lc rgb '#c0392b' t 'staged', '' u 1:3 w lp lw 2 pt 5 lc rgb '#2471a3' t "
         "'closed form'\n";
  harness::gnuplot(script.str());
}
