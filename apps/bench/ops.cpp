#include "ops.h"

#include "peak.h"
#include "timing.h"

#include <gradus/autograd/cross_entropy/cross_entropy_kernels.h>
#include <gradus/autograd/indexing/slice_kernels.h>
#include <gradus/autograd/reductions/max_kernel.h>
#include <gradus/autograd/transpose/transpose_kernel.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/normalization.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/kernels/softmax.h>
#include <gradus/core/matmul.h>
#include <gradus/gradus.h>
#include <gradus/layers/dropout/dropout_kernel.h>
#include <gradus/layers/normalization/group_kernels.h>
#include <gradus/layers/normalization/row_kernels.h>

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>

using namespace gradus;

namespace {

constexpr double budget = 0.03;  // seconds per printed time

// --- kernels that move memory ---------------------------------------------------------------------------------------

/// The number of matrices that a kernel must read, write, or read and write in place. Each counts once, even if the
/// kernel accesses it several times; vectors along an axis do not count. An update can be faster than the copy that it
/// is compared with, as most machines first read the memory that a copy writes.
struct Traffic {
  double reads = 0;
  double writes = 0;
  double updates = 0;

  double moved() const { return reads + writes + 2 * updates; }
  double touched() const { return reads + writes + updates; }
};

constexpr Traffic from_one{.reads = 1};
constexpr Traffic from_two{.reads = 2};
constexpr Traffic one_to_one{.reads = 1, .writes = 1};
constexpr Traffic two_to_one{.reads = 2, .writes = 1};

struct Kernel {
  std::string group;
  std::string name;
  Traffic traffic;
  std::function<void()> run;
};

using Kernels = std::vector<Kernel>;

/// The operands of the kernels. The vectors are positive and serve as means, deviations, gamma and beta.
struct Operands {
  explicit Operands(const Shape& shape)
      : x(Tensor::uniform(shape, -3, 3)),
        dy(Tensor::uniform(shape, -1, 1)),
        y(Tensor::zeros(shape)),
        half(Tensor::zeros(shape.with(1, shape[1] / 2))),
        row(Tensor::uniform({shape[1]}, 0.5, 1)),
        column(Tensor::uniform({shape[0]}, 0.5, 1)),
        labels(Tensor::zeros({shape[0]})),
        row_results{Tensor::zeros({shape[1]}), Tensor::zeros({shape[1]})},
        column_results{Tensor::zeros({shape[0]}), Tensor::zeros({shape[0]})} {}

  Tensor x, dy, y, half;
  Tensor row, column, labels;
  std::array<Tensor, 2> row_results, column_results;
};

// Without a tape, the functions of autograd/ add little to the time of the kernels. Calling `map` and `zip` here would
// compile them with the options of the program instead of those of the library.

void add_elementwise(Kernels& list, Operands& o) {
  const std::string group = "elementwise";
  const Tensor column = o.column.reshape({-1, 1});
  list.push_back({group, "a^2", one_to_one, [&o] { square(o.x); }});
  list.push_back({group, "exp a", one_to_one, [&o] { exp(o.x); }});
  list.push_back({group, "a + b", two_to_one, [&o] { o.x + o.dy; }});
  list.push_back({group, "a + row", one_to_one, [&o] { o.x + o.row; }});
  list.push_back({group, "a + column", one_to_one, [&o, column] { o.x + column; }});
  list.push_back({group, "a += b", {.reads = 1, .updates = 1}, [&o] { add_to(o.y, o.dy); }});
}

void add_activations(Kernels& list, Operands& o) {
  constexpr double nanoseconds_per_activation = 0.4;  // as in autograd/activations.cpp
  for (const ActivationFunction& f : activation_functions()) {
    const std::string name(f.name);
    list.push_back({"activation", name, one_to_one, [&o, &f] { activate(o.x, f); }});
    const Traffic traffic = f.name == "linear" ? one_to_one : two_to_one;  // its derivative does not depend on x
    list.push_back({"activation", name + " backward", traffic, [&o, &f] {
                      parallel_for(o.x.size(), nanoseconds_per_activation, [&](Index begin, Index end) {
                        f.backward(o.x.data() + begin, o.dy.data() + begin, o.y.data() + begin, end - begin,
                                   f.parameter);
                      });
                    }});
  }
}

void add_normalizations(Kernels& list, Operands& o) {
  std::string group = "batch normalization";
  list.push_back({group, "statistics", from_one, [&o] { column_statistics(o.x, o.row_results[0], o.row_results[1]); }});
  const ColumnNormalization plain{o.row, o.row, o.row, o.row};
  ColumnNormalization with_relu = plain;
  with_relu.slope = 0;
  for (const ColumnNormalization& n : {plain, with_relu}) {
    const char* const with = n.slope == 0 ? ", relu" : "";
    list.push_back({group, std::string("normalize") + with, one_to_one, [n, &o] { normalize_columns(o.x, n, o.y); }});
    list.push_back({group, std::string("d gamma, d beta") + with, from_two,
                    [n, &o] { column_gradients(o.x, n, o.dy, o.row_results[0], o.row_results[1]); }});
    list.push_back({group, std::string("d x") + with, two_to_one,
                    [n, &o] { normalize_columns_backward(o.x, n, o.dy, o.row, o.row, o.y); }});
  }
  group = "layer normalization";
  list.push_back({group, "normalize", one_to_one, [&o] {
                    normalize_rows(o.x, o.row, o.row, Real(1e-3), o.column_results[0], o.column_results[1], o.y);
                  }});
  list.push_back({group, "d gamma, d beta", from_two,
                  [&o] { row_gradients(o.x, o.dy, o.column, o.column, o.row_results[0], o.row_results[1]); }});
  list.push_back(
      {group, "d x", two_to_one, [&o] { normalize_rows_backward(o.x, o.dy, o.column, o.column, o.row, o.y); }});

  // The same elements as samples of 16 positions, with 8 groups of channels each.
  group = "group normalization";
  const Shape images{o.x.shape()[0] / 16, 16, o.x.shape()[1]}, statistics{images[0], images[2]};
  const Tensor x = o.x.reshape(images), dy = o.dy.reshape(images);
  Tensor y = o.y.reshape(images), mean = Tensor::ones(statistics), inverse = Tensor::ones(statistics);
  list.push_back({group, "normalize", one_to_one,
                  [=, &o]() mutable { normalize_groups(x, 8, o.row, o.row, Real(1e-3), mean, inverse, y); }});
  Tensor dgamma = Tensor::ones(statistics), dbeta = Tensor::ones(statistics);
  list.push_back({group, "d x, d gamma, d beta", two_to_one,
                  [=, &o]() mutable { normalize_groups_backward(x, dy, 8, mean, inverse, o.row, dgamma, dbeta, y); }});
}

void add_others(Kernels& list, Operands& o) {
  std::string group = "softmax";
  list.push_back({group, "softmax", one_to_one, [&o] { softmax_rows(o.x); }});
  list.push_back({group, "log softmax", one_to_one, [&o] { log_softmax_rows(o.x); }});
  list.push_back(
      {group, "cross-entropy, d x", one_to_one, [&o] { softmax_cross_entropy_rows(o.x, o.labels, {}, o.y); }});

  group = "dropout";  // forward and backward are the same call
  list.push_back({group, "dropout", one_to_one, [&o] { drop(o.x, 0.5, {.seed = 1}); }});

  group = "copies";
  list.push_back({group, "transpose", one_to_one, [&o] { transposed("bench", o.x); }});
  list.push_back(
      {group, "half of the columns", {.reads = 0.5, .writes = 0.5}, [&o] { copy_slice_out(o.x, o.half, 1, 0); }});

  group = "reductions";
  list.push_back({group, "sum of each row", from_one, [&o] { reduce_sum(o.x, {false, true}); }});
  list.push_back({group, "sum of each column", from_one, [&o] { reduce_sum(o.x, {true}); }});
  list.push_back({group, "sum of all", from_one, [&o] { reduce_sum(o.x, {true, true}); }});
  list.push_back({group, "max of each row", from_one, [&o] { reduce_max(o.x, {false, true}); }});
}

/// A parameter with a gradient, and its optimizer.
struct Training {
  Training(const Tensor& gradient, std::unique_ptr<Optimizer> o)
      : weight("weight", gradient.clone()), optimizer(std::move(o)) {
    weight.set_gradient(gradient);
  }

  Parameters parameters() const { return Parameters({&list, 1}); }

  Parameter weight;
  Parameter* const list = &weight;
  std::unique_ptr<Optimizer> optimizer;
};

void add_updates(Kernels& list, Operands& o) {
  const auto add = [&](std::string name, Traffic traffic, std::unique_ptr<Optimizer> optimizer) {
    const auto training = std::make_shared<Training>(o.dy, std::move(optimizer));
    list.push_back({"update", std::move(name), traffic, [=] {
                      training->weight.set_gradient(training->weight.gradient());  // to be used again
                      training->optimizer->step(training->parameters());
                    }});
  };
  add("sgd", {.reads = 1, .updates = 1}, std::make_unique<SGD>());
  add("sgd with momentum", {.reads = 1, .updates = 2}, std::make_unique<SGD>(SGDOptions{.momentum = 0.9}));
  add("adam", {.reads = 1, .updates = 3}, std::make_unique<Adam>());
  const auto training = std::make_shared<Training>(o.dy, nullptr);
  list.push_back({"update", "norm, for clipping", from_one, [=] {
                    clip_by_global_norm(training->parameters(), 1e30);  // a limit that no gradient exceeds
                  }});
}

Kernels all_kernels(Operands& o) {
  Kernels list;
  add_elementwise(list, o);
  add_activations(list, o);
  add_others(list, o);
  add_normalizations(list, o);
  add_updates(list, o);
  return list;
}

/// The bytes per second that a parallel copy of memory reads and writes, with the chunks of parallel_for. Measured once
/// per size.
class CopyBandwidth {
 public:
  /// `bytes` is the sum of the bytes that the copy reads and writes.
  double operator()(double bytes) {
    const auto [known, is_new] = known_.try_emplace(bytes);
    if (is_new) known->second = bytes / median_seconds(budget, copy(static_cast<Index>(bytes / 2 / sizeof(Real))));
    return known->second;
  }

 private:
  static std::function<void()> copy(Index size) {
    return [from = Tensor::ones({size}), to = Tensor::zeros({size})]() mutable {
      parallel_for(to.size(), nanoseconds_per_element, [&](Index begin, Index end) {
        std::copy(from.data() + begin, from.data() + end, to.data() + begin);
      });
    };
  }

  std::map<double, double> known_;
};

// --- matrix products ------------------------------------------------------------------------------------------------

/// The operands of a Dense layer: x (batch, inputs) and weights (inputs, outputs).
struct DenseSize {
  Index batch, inputs, outputs;
};

constexpr DenseSize dense_sizes[] = {{1, 784, 256},  {64, 784, 256},   {64, 256, 128},    {64, 128, 10},
                                     {60, 100, 100}, {256, 784, 1024}, {1024, 1024, 1024}};

struct Product {
  std::string name;
  Transpose transpose_a, transpose_b;
  Index m, n, k;

  double operations() const { return 2.0 * static_cast<double>(m * n * k); }
};

/// y = x w, dx = dy w^T and dw = x^T dy, with the same number of operations.
std::array<Product, 3> products(const DenseSize& s) {
  return {{{"x w (nn)", Transpose::no, Transpose::no, s.batch, s.outputs, s.inputs},
           {"dy w' (nt)", Transpose::no, Transpose::yes, s.batch, s.inputs, s.outputs},
           {"x' dy (tn)", Transpose::yes, Transpose::no, s.inputs, s.outputs, s.batch}}};
}

double product_seconds(const Product& p) {
  const Tensor a = Tensor::uniform({p.m, p.k}, -1, 1);
  const Tensor b = Tensor::uniform({p.k, p.n}, -1, 1);
  Tensor c = Tensor::zeros({p.m, p.n});
  return median_seconds(budget,
                        [&] { multiply(p.transpose_a, p.transpose_b, p.m, p.n, p.k, a.data(), b.data(), c.data()); });
}

// --- output ---------------------------------------------------------------------------------------------------------

/// The time of a kernel, its bytes or operations per second, and those of its reference.
struct Result {
  double seconds;
  double rate;
  double reference;

  double share_percent() const { return 100 * rate / reference; }
};

constexpr std::string_view cell_format = "{:>8}{:>7.1f}{:>4.0f} %";
constexpr std::string_view title_format = "{:>8}{:>7}{:>6}";

std::string time_text(double seconds) {
  const bool short_time = seconds < 1e-3;
  const double value = seconds * (short_time ? 1e6 : 1e3);
  const int digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, digits, short_time ? "us" : "ms");
}

std::string cell(const Result& r) {
  return fmt::format(cell_format, time_text(r.seconds), 1e-9 * r.rate, r.share_percent());
}

void print_json(nlohmann::ordered_json line, const Result& r, const std::string& rate, const std::string& reference) {
  line["threads"] = threads();
  line["median_us"] = 1e6 * r.seconds;
  line[rate] = 1e-9 * r.rate;
  line[reference + "_" + rate] = 1e-9 * r.reference;
  line["share_percent"] = r.share_percent();
  fmt::print("{}\n", line.dump());
}

bool matches(const std::string& group, const std::string& name, const OpsOptions& options) {
  return (group + " " + name).find(options.filter) != std::string::npos;
}

/// Prints the kernels that match the filter; returns their number.
int bench_kernels(const OpsOptions& options) {
  const std::array shapes{Shape{64, 256}, Shape{4096, 1024}};
  std::array operands{Operands(shapes[0]), Operands(shapes[1])};
  const std::array kernels{all_kernels(operands[0]), all_kernels(operands[1])};
  CopyBandwidth copy_bandwidth;
  const auto measure = [&](std::size_t size, std::size_t i) {
    const Kernel& kernel = kernels[size][i];
    const double bytes = static_cast<double>(shapes[size].size()) * sizeof(Real);
    const double seconds = median_seconds(budget, kernel.run);
    return Result{seconds, bytes * kernel.traffic.moved() / seconds, copy_bandwidth(bytes * kernel.traffic.touched())};
  };

  std::string group;
  int count = 0;
  for (std::size_t i = 0; i < kernels[0].size(); ++i) {
    const Kernel& kernel = kernels[0][i];
    if (!matches(kernel.group, kernel.name, options)) continue;
    ++count;
    if (options.json) {
      for (const std::size_t size : {0u, 1u}) {
        print_json({{"group", kernel.group}, {"name", kernel.name}, {"shape", {shapes[size][0], shapes[size][1]}}},
                   measure(size, i), "gb_per_s", "copy");
      }
      continue;
    }
    if (count == 1) {
      const std::string titles = fmt::format(title_format, "time", "GB/s", "copy");
      fmt::print("\n{:22}{:>24}{:>24}\n{:22}{:>24}{:>24}\n", "", shapes[0], shapes[1], "", titles, titles);
    }
    if (group != kernel.group) fmt::print("{}\n", kernel.group);
    group = kernel.group;
    fmt::print("  {:20}{:>24}{:>24}\n", kernel.name, cell(measure(0, i)), cell(measure(1, i)));
    std::fflush(stdout);
  }
  return count;
}

/// Prints the products of the sizes that match the filter; returns the number of sizes.
int bench_products(const OpsOptions& options) {
  const std::string group = "products";
  double peak = 0;
  int count = 0;
  for (const DenseSize& size : dense_sizes) {
    const std::string name = fmt::format("{}x{}x{}", size.batch, size.inputs, size.outputs);
    if (!matches(group, name, options)) continue;
    ++count;
    if (count == 1) peak = peak_rate();
    const std::array three = products(size);
    if (count == 1 && !options.json) {
      const std::string titles = fmt::format(title_format, "time", "GFLOPS", "peak");
      fmt::print("\n{:14}{:>21}{:>21}{:>21}\n{:14}{:>21}{:>21}{:>21}\n", group, three[0].name, three[1].name,
                 three[2].name, "", titles, titles, titles);
    }
    if (!options.json) fmt::print("{:14}", name);
    for (const Product& product : three) {
      const double seconds = product_seconds(product);
      const Result result{seconds, product.operations() / seconds, peak};
      if (options.json) {
        print_json({{"group", group}, {"name", product.name}, {"size", {size.batch, size.inputs, size.outputs}}},
                   result, "gflop_per_s", "peak");
      } else {
        fmt::print("{:>21}", cell(result));
      }
    }
    if (!options.json) fmt::print("\n");
    std::fflush(stdout);
  }
  return count;
}

}  // namespace

void bench_ops(const OpsOptions& options) {
  if (options.threads > 0) set_threads(options.threads);
  set_seed(0);
  if (!options.json) {
    fmt::print(
        "{}\n\n"
        "Medians. GB/s: bytes to read and write, each operand once; copy: share of the\n"
        "bandwidth of a copy of the same amount of memory; peak: share of the fused\n"
        "multiply-adds that all threads compute in registers.\n",
        about());
  }
  const int kernels = bench_kernels(options);
  const int products = bench_products(options);
  check(kernels + products > 0,
        "[ops] expected a filter that is part of a name, got '{}'; run without --filter to list the names",
        options.filter);
}
