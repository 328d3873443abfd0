#include "case.h"

#include "activations_and_losses.h"

#include <algorithm>

namespace harness {
namespace {

/// Logits of N samples and K classes, their labels, and a gradient that arrives at the loss.
struct Batch {
  std::size_t N;
  std::size_t K;
  std::vector<double> logits;
  std::vector<std::size_t> labels;
  double dloss;

  Batch(std::size_t samples, std::size_t classes, double mean = 0, double deviation = 1)
      : N(samples),
        K(classes),
        logits(normal(N * K, mean, deviation)),
        labels(integers(N, K)),
        dloss(uniform(1, 1.5, 3)[0]) {}
};

/// Rows of logits around +1e4, -1e4 and 0, and one that spans all of this.
Batch large_logits() {
  Batch batch(4, 5);
  const double levels[] = {1e4, -1e4, 0};
  for (std::size_t i = 0; i < 3 * batch.K; ++i) batch.logits[i] += levels[i / batch.K];
  for (std::size_t k = 0; k < batch.K; ++k) batch.logits[3 * batch.K + k] += k == 1 ? 1e4 : k == 3 ? -1e4 : 0;
  batch.labels[3] = 3;
  return batch;
}

void observe_log_softmax(const std::string& name, const Batch& batch) {
  std::vector<double> y(batch.N * batch.K, nan);
  student::log_softmax(batch.logits, batch.N, batch.K, y);
  observe(name, y, {batch.N, batch.K});
}

/// Of the first sample, of the first half, and of all.
void observe_losses(const Batch& batch, double smoothing) {
  std::vector<double> losses;
  for (const std::size_t n : {std::size_t{1}, (batch.N + 1) / 2, batch.N}) {
    const auto logits = std::span(batch.logits).first(n * batch.K);
    losses.push_back(student::cross_entropy(logits, std::span(batch.labels).first(n), n, batch.K, smoothing));
  }
  observe("losses", losses);
}

void observe_gradient(const Batch& batch, double smoothing) {
  const std::size_t N = batch.N, K = batch.K;
  std::vector<double> dlogits(N * K, nan);
  student::cross_entropy_backward(batch.logits, batch.labels, N, K, smoothing, batch.dloss, dlogits);
  observe("dlogits", dlogits, {N, K});
  std::vector<double> rows(N);
  for (std::size_t n = 0; n < N; ++n) rows[n] = sum(std::span<const double>(dlogits).subspan(n * K, K));
  observe("sums of the rows of dlogits", rows, {N}).depends_on("dlogits");
}

}  // namespace
}  // namespace harness

LAB_CASE("3.1", "forward", 1) {
  auto x = normal(11);
  x[3] = 0;
  x[7] = 1e4;
  x[8] = -1e4;
  input("11 elements, random, one of them 0, one 1e4, one -1e4");
  std::vector<double> y(x.size(), nan);
  student::relu(x, y);
  observe("y", y);
}

LAB_CASE("3.1", "backward", 1) {
  const auto x = normal(11);
  const auto dy = normal(11);
  input("11 elements, random x and upstream gradient");
  std::vector<double> dx(x.size(), nan);
  student::relu_backward(x, dy, dx);
  observe("dx", dx);
}

LAB_CASE("3.1", "backward at 0", 1) {
  const std::vector<double> x{0, -0.0, 2, 0, -2};
  const auto dy = normal(5);
  input("x = 0, -0, 2, 0, -2, random upstream gradient");
  std::vector<double> dx(x.size(), nan);
  student::relu_backward(x, dy, dx);
  observe("dx", dx);
}

LAB_CASE("3.2", "sigmoid", 1) {
  const auto x = normal(9, 0, 2);
  input("9 elements, x ~ 2 N(0,1)");
  std::vector<double> y(x.size(), nan);
  student::sigmoid(x, y);
  observe("y", y);
}

LAB_CASE("3.2", "sigmoid, backward", 1) {
  const auto y = uniform(9, 0.02, 0.98);
  const auto dy = normal(9);
  input("9 elements, y from (0, 1), random upstream gradient");
  std::vector<double> dx(y.size(), nan);
  student::sigmoid_backward(y, dy, dx);
  observe("dx", dx);
}

LAB_CASE("3.2", "tanh", 1) {
  const auto x = normal(9, 0, 2);
  input("9 elements, x ~ 2 N(0,1)");
  std::vector<double> y(x.size(), nan);
  student::tanh(x, y);
  observe("y", y);
}

LAB_CASE("3.2", "tanh, backward", 1) {
  const auto y = uniform(9, -0.98, 0.98);
  const auto dy = normal(9);
  input("9 elements, y from (-1, 1), random upstream gradient");
  std::vector<double> dx(y.size(), nan);
  student::tanh_backward(y, dy, dx);
  observe("dx", dx);
}

LAB_CASE("3.2", "x of 1e4", 1) {
  const std::vector<double> x{-1e4, -800, -30, 0, 30, 800, 1e4};
  input("x = -1e4, -800, -30, 0, 30, 800, 1e4");
  std::vector<double> s(x.size(), nan), t(x.size(), nan);
  student::sigmoid(x, s);
  observe("sigmoid", s);
  student::tanh(x, t);
  observe("tanh", t);
}

LAB_CASE("3.3", "small logits", 1) {
  const Batch batch(3, 5);
  input("N={} K={}, random logits", batch.N, batch.K);
  observe_log_softmax("y", batch);
}

LAB_CASE("3.3", "logits of 1e4", 2) {
  input("N=4 K=5, logits around 1e4, around -1e4, around 0, and one row of -1e4, 0 and 1e4");
  observe_log_softmax("y", large_logits());
}

LAB_CASE("3.3", "shifted logits", 1) {
  Batch batch(3, 4);
  input("N={} K={}, random logits; then 30 n - 60 is added to all of row n, which changes nothing", batch.N, batch.K);
  observe_log_softmax("y", batch);
  for (std::size_t i = 0; i < batch.logits.size(); ++i) batch.logits[i] += 30 * static_cast<double>(i / batch.K) - 60;
  observe_log_softmax("y of shifted logits", batch);
}

LAB_CASE("3.4", "random logits", 1) {
  const Batch batch(7, 3);
  input("N={} K={}, random logits; losses of the first sample, the first half, all", batch.N, batch.K);
  observe_losses(batch, 0);
}

LAB_CASE("3.4", "logits that are all equal", 1) {
  Batch batch(3, 10);
  std::fill(batch.logits.begin(), batch.logits.end(), 0.7);
  input("N={} K={}, all logits 0.7: the loss is ln 10; losses of the first sample, the first half, all", batch.N,
        batch.K);
  observe_losses(batch, 0);
}

LAB_CASE("3.4", "logits of 1e4", 1) {
  input(
      "N=4 K=5, logits around 1e4, around -1e4, around 0, and one row of -1e4, 0 and 1e4; losses of the first sample, "
      "the first half, all");
  observe_losses(large_logits(), 0);
}

LAB_CASE("3.4", "smoothed labels", 2) {
  const Batch batch(5, 4, 1, 2);
  input("N={} K={}, logits ~ 1 + 2 N(0,1), smoothing 0.1; losses of the first sample, the first half, all", batch.N,
        batch.K);
  observe_losses(batch, 0.1);
}

LAB_CASE("3.4", "a label that is no class", 1) {
  Batch batch(3, 4);
  batch.labels[1] = 4;
  input("N={} K={}, one label is 4", batch.N, batch.K);
  throws("a label of K", [&] { student::cross_entropy(batch.logits, batch.labels, batch.N, batch.K); });
}

LAB_CASE("3.5", "random logits", 2) {
  const Batch batch(7, 3);
  input("N={} K={}, random logits, dloss = {:.4f}", batch.N, batch.K, batch.dloss);
  observe_gradient(batch, 0);
}

LAB_CASE("3.5", "logits of 1e4", 1) {
  input("N=4 K=5, logits around 1e4, around -1e4, around 0, and one row of -1e4, 0 and 1e4");
  observe_gradient(large_logits(), 0);
}

LAB_CASE("3.5", "smoothed labels", 2) {
  const Batch batch(5, 4, 1, 2);
  input("N={} K={}, logits ~ 1 + 2 N(0,1), smoothing 0.1, dloss = {:.4f}", batch.N, batch.K, batch.dloss);
  observe_gradient(batch, 0.1);
}

LAB_CASE("3.5", "batch of 1", 1) {
  const Batch batch(1, 6);
  input("N={} K={}, random logits, dloss = {:.4f}", batch.N, batch.K, batch.dloss);
  observe_gradient(batch, 0);
}
