// Functions of tensors against plain loops in double, for random shapes with 0, 1 and primes along every axis.
#include "support/compare.h"

#include <gradus/autograd/cross_entropy/cross_entropy_kernels.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/reductions/axes.h>
#include <gradus/autograd/reductions/max_kernel.h>
#include <gradus/autograd/tape.h>
#include <gradus/autograd/transpose/transpose_kernel.h>
#include <gradus/core/arithmetic/permuted.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/kernels/normalization.h>
#include <gradus/core/kernels/softmax.h>
#include <gradus/core/matmul.h>
#include <gradus/engine.h>
#include <gradus/layers/normalization/group_kernels.h>
#include <gradus/layers/normalization/row_kernels.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace gradus;

namespace {

using Position = std::array<Index, Shape::max_rank>;

/// An example: random tensors, and what became of them. They lie between NaNs, off every alignment, so that what is
/// read outside spoils a result, and what is written outside is found.
class Trial {
 public:
  explicit Trial(std::uint64_t seed) : random_(seed) {}

  /// 0, 1 or a prime up to `most`; `some` is never 0.
  Index size(Index most) { return random_.below(10) == 0 ? 0 : some(most); }
  Index some(Index most) {
    constexpr Index sizes[] = {1, 1, 2, 3, 5, 7, 13, 31, 67, 131, 257};
    return sizes[random_.below(std::ranges::upper_bound(sizes, most) - std::begin(sizes))];
  }
  Index below(Index n) { return random_.below(n); }
  bool coin() { return below(2) == 0; }
  Shape shape(int rank) {
    constexpr Index most[] = {1, 257, 67, 31, 7, 5, 3};
    Shape result;
    while (result.rank() < rank) result = result.append(size(most[rank]));
    return result;
  }

  Tensor input(const Shape& shape) {
    Tensor x = result(shape);
    for (Real& value : x.values()) value = static_cast<Real>(random_.normal());
    return x;
  }
  Tensor positive(const Shape& shape) {
    Tensor x = input(shape);
    for (Real& value : x.values()) value = Real(0.5) + std::abs(value);
    return x;
  }
  /// Class indices.
  Tensor labels(Index rows, Index classes) {
    Tensor labels = result({rows});
    for (Real& label : labels.values()) label = static_cast<Real>(below(classes));
    return labels;
  }
  /// To be written by a function.
  Tensor result(const Shape& shape) {
    drawn_ += fmt::format(" {}", shape);
    storages_.push_back(Tensor::full({shape.size() + 2 * margin}, not_a_number));
    sizes_.push_back(shape.size());
    return storages_.back().window(margin, shape);
  }

  /// For sums of n terms of about size 1: n rounding errors, each relative to the sum so far.
  void compare(const Tensor& got, const Values& expected, Index n = 1) {
    constexpr double unit = std::numeric_limits<Real>::epsilon();
    const std::string text = difference(got, expected, {20 * unit, static_cast<double>(100 + n) * unit});
    if (!text.empty()) failures_ += fmt::format("result {}: {}; ", compared_, text);
    ++compared_;
  }

  /// What was wrong, or nothing.
  std::string failures() const {
    std::string text = failures_;
    for (std::size_t i = 0; i < storages_.size(); ++i) {
      for (Index at = 0; at < margin; ++at) {
        const Real* const storage = storages_[i].data();
        if (std::isnan(storage[at]) && std::isnan(storage[margin + sizes_[i] + at])) continue;
        text += fmt::format("tensor {} was written outside; ", i);
        break;
      }
    }
    return text.empty() && compared_ == 0 ? "nothing was compared" : text;
  }
  const std::string& drawn() const { return drawn_; }

 private:
  static constexpr Index margin = 67;
  static constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

  Generator random_;
  std::vector<Tensor> storages_;
  std::vector<Index> sizes_;
  std::string drawn_, failures_;
  int compared_ = 0;
};

// --- plain loops ----------------------------------------------------------------------------------------------------

template <class Body>
void for_positions(const Shape& shape, Body body) {
  Position at{};
  for (Index i = 0; i < shape.size(); ++i) {
    Index rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      at[static_cast<std::size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    body(at);
  }
}

/// The element that broadcasting brings to a position in `shape`.
Index offset_in(const Shape& x, const Shape& shape, const Position& at) {
  Index offset = 0;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Index position = at[static_cast<std::size_t>(axis + shape.rank() - x.rank())];
    offset = offset * x[axis] + (x[axis] == 1 ? 0 : position);
  }
  return offset;
}

/// f of every position.
template <class F>
Values each(const Shape& shape, F f) {
  Values result{shape, {}};
  for_positions(shape, [&](const Position& at) { result.numbers.push_back(static_cast<double>(f(at))); });
  return result;
}

/// y[i] = f(i) for tensors of one axis, and for those that are walked as such.
template <class F>
Values line(const Shape& shape, F f) {
  Index i = 0;
  return each(shape, [&](const Position&) { return f(i++); });
}

/// The sum of f(i) for i below n.
template <class F>
double total(Index n, F f) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += static_cast<double>(f(i));
  return sum;
}

double element(const Tensor& x, Index i) { return double{x.data()[i]}; }
double element_or(const Tensor& x, Index i, double otherwise) { return x.defined() ? element(x, i) : otherwise; }

// --- functions ------------------------------------------------------------------------------------------------------

template <Transpose ta, Transpose tb>
void product(Trial& trial) {
  const bool flip_a = ta == Transpose::yes;
  const bool flip_b = tb == Transpose::yes;
  const Index m = trial.size(131), n = trial.size(131), k = trial.size(257);
  const Tensor a = trial.input(flip_a ? Shape{k, m} : Shape{m, k});
  const Tensor b = trial.input(flip_b ? Shape{n, k} : Shape{k, n});
  Tensor c = trial.result({m, n});
  multiply(ta, tb, m, n, k, a.data(), b.data(), c.data());
  const auto at_a = [&](Index i, Index l) { return element(a, flip_a ? l * m + i : i * k + l); };
  const auto at_b = [&](Index l, Index j) { return element(b, flip_b ? j * k + l : l * n + j); };
  trial.compare(
      c,
      each({m, n},
           [&](const Position& at) { return total(k, [&](Index l) { return at_a(at[0], l) * at_b(l, at[1]); }); }),
      k);
}

void linear_with_gradients(Trial& trial) {
  const Index n = trial.size(67), inputs = trial.size(67), units = trial.size(67);
  const auto functions = activation_functions();
  const ActivationFunction& function = functions[static_cast<std::size_t>(trial.below(std::ssize(functions)))];
  const Tensor x = trial.input({n, inputs}), kernel = trial.input({inputs, units}), upstream = trial.input({n, units});
  const Tensor bias = trial.coin() ? trial.input({units}) : Tensor();
  Tensor activated = trial.result({n, units}), dz = trial.result({n, units});
  GradientTape tape;
  const Variable leaf = tape.watch(x), weights = tape.watch(kernel);
  const Variable shift = bias.defined() ? tape.watch(bias) : Variable();
  const Variable z = linear(leaf, weights, shift, nullptr);
  const Variable y = linear(leaf, weights, shift, &function);
  function.forward(z.value().data(), activated.data(), z.value().size(), function.parameter);
  function.backward((function.from_output ? activated : z.value()).data(), upstream.data(), dz.data(), dz.size(),
                    function.parameter);
  tape.backward(sum(y * upstream));
  trial.compare(z.value(),
                each({n, units},
                     [&](const Position& at) {
                       return element_or(bias, at[1], 0) + total(inputs, [&](Index i) {
                                return element(x, at[0] * inputs + i) * element(kernel, i * units + at[1]);
                              });
                     }),
                inputs);
  trial.compare(y.value(), line({n, units}, [&](Index i) { return element(activated, i); }), inputs);
  trial.compare(tape.gradient(leaf),
                each({n, inputs},
                     [&](const Position& at) {
                       return total(units, [&](Index u) {
                         return element(dz, at[0] * units + u) * element(kernel, at[1] * units + u);
                       });
                     }),
                inputs + units);
  trial.compare(tape.gradient(weights),
                each({inputs, units},
                     [&](const Position& at) {
                       return total(
                           n, [&](Index r) { return element(x, r * inputs + at[0]) * element(dz, r * units + at[1]); });
                     }),
                inputs + n);
  if (!bias.defined()) return;
  trial.compare(tape.gradient(shift),
                line({units}, [&](Index u) { return total(n, [&](Index r) { return element(dz, r * units + u); }); }),
                inputs + n);
}

struct Reduced {
  AxisFlags axes{};
  Shape kept;  // with size 1 along these axes
};

Reduced draw_axes(Trial& trial, const Shape& shape) {
  Reduced result;
  for (int axis = 0; axis < shape.rank(); ++axis) result.axes[static_cast<std::size_t>(axis)] = trial.coin();
  result.kept = reduced_shape(shape, result.axes, KeepDims::yes);
  return result;
}

/// Joins the elements of x that broadcasting takes from each element of `kept`.
template <class Join>
Values reduced(const Tensor& x, const Shape& kept, double start, Join join) {
  Values result{kept, std::vector<double>(static_cast<std::size_t>(kept.size()), start)};
  Index i = 0;
  for_positions(x.shape(), [&](const Position& at) {
    double& joined = result.numbers[static_cast<std::size_t>(offset_in(kept, x.shape(), at))];
    joined = join(joined, element(x, i++));
  });
  return result;
}

void reductions(Trial& trial) {
  const Tensor x = trial.input(trial.shape(static_cast<int>(trial.below(7))));
  const auto [axes, kept] = draw_axes(trial, x.shape());
  const auto larger = [](double a, double b) { return std::max(a, b); };
  trial.compare(reduce_sum(x, axes), reduced(x, kept, 0, std::plus()), x.size());
  trial.compare(reduce_max(x, axes), reduced(x, kept, -std::numeric_limits<double>::infinity(), larger));
  Shape target = kept;
  while (target.rank() > 0 && target[0] == 1 && trial.coin()) target = target.without_first();
  trial.compare(sum_to(x, target), {target, reduced(x, kept, 0, std::plus()).numbers}, x.size());
  if (x.shape().rank() == 0) return;
  const Shape column = x.shape().with(-1, 1);
  trial.compare(sum_of_rows(x), reduced(x, column, 0, std::plus()), x.size());
}

/// Two shapes that broadcast to a third.
struct Operands {
  Shape a, b, y;
};

Operands draw_operands(Trial& trial) {
  Operands shapes{{}, {}, trial.shape(static_cast<int>(trial.below(7)))};
  for (Shape* operand : {&shapes.a, &shapes.b}) {
    *operand = shapes.y;
    for (int axis = 0; axis < shapes.y.rank(); ++axis) {
      // At least one of the two has the size of the result.
      const bool stretched = trial.below(3) == 0 && (operand == &shapes.a || shapes.a[axis] == shapes.y[axis]);
      if (stretched) *operand = operand->with(axis, 1);
    }
  }
  for (Shape* operand : {&shapes.a, &shapes.b}) {
    const Shape& other = operand == &shapes.a ? shapes.b : shapes.a;
    while (operand->rank() > 0 && (*operand)[0] == 1 && other.rank() == shapes.y.rank() && trial.coin()) {
      *operand = operand->without_first();
    }
  }
  return shapes;
}

void elementwise(Trial& trial) {
  const Operands shapes = draw_operands(trial);
  const Tensor a = trial.input(shapes.a), b = trial.positive(shapes.b);
  const auto expected = [&](auto f) {
    return each(shapes.y, [&](const Position& at) {
      return f(element(a, offset_in(a.shape(), shapes.y, at)), element(b, offset_in(b.shape(), shapes.y, at)));
    });
  };
  trial.compare(zip("test", a, b, plus), expected(std::plus()));
  trial.compare(zip("test", b, a, times), expected(std::multiplies()));
  trial.compare(zip("test", a, b, minus), expected(std::minus()));
  trial.compare(zip("test", a, b, divide), expected(std::divides()));
  trial.compare(map(a, [](Real v) { return v * v; }),
                line(a.shape(), [&](Index i) { return element(a, i) * element(a, i); }));
  Tensor sum = trial.input(shapes.y);
  const Tensor before = sum.clone();
  const Tensor more = trial.input(shapes.y);
  add_to(sum, more);
  trial.compare(sum, line(shapes.y, [&](Index i) { return element(before, i) + element(more, i); }));
}

void permutations(Trial& trial) {
  const int rank = static_cast<int>(trial.below(7));
  const Tensor x = trial.input(trial.shape(rank));
  std::vector<int> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  for (Index i = rank - 1; i > 0; --i) {
    std::swap(axes[static_cast<std::size_t>(i)], axes[static_cast<std::size_t>(trial.below(i + 1))]);
  }
  Shape shape;
  for (const int axis : axes) shape = shape.append(x.shape()[axis]);
  trial.compare(permuted(x, axes), each(shape, [&](const Position& at) {
                  Position from{};
                  for (std::size_t i = 0; i < axes.size(); ++i) from[static_cast<std::size_t>(axes[i])] = at[i];
                  return element(x, offset_in(x.shape(), x.shape(), from));
                }));
  if (rank != 2) return;
  trial.compare(transposed("test", x), each({x.shape()[1], x.shape()[0]}, [&](const Position& at) {
                  return element(x, at[1] * x.shape()[1] + at[0]);
                }));
}

void views_and_slices(Trial& trial) {
  const Tensor x = trial.input(trial.shape(1 + static_cast<int>(trial.below(6))));
  const int axis = static_cast<int>(trial.below(x.shape().rank()));
  const Index begin = trial.below(x.shape()[axis] + 1);
  const Index end = begin + trial.below(x.shape()[axis] - begin + 1);
  const auto part = [&](int along) {
    return each(x.shape().with(along, end - begin), [&](Position at) {
      at[static_cast<std::size_t>(along)] += begin;
      return element(x, offset_in(x.shape(), x.shape(), at));
    });
  };
  const Variable middle = slice(x, axis, begin, end);
  trial.compare(middle.value(), part(axis));
  if (axis == 0) trial.compare(x.rows(begin, end), part(0));
  const Variable whole = concatenate({slice(x, axis, 0, begin), middle, slice(x, axis, end, x.shape()[axis])}, axis);
  const Values same = line(x.shape(), [&](Index i) { return element(x, i); });
  trial.compare(whole.value(), same);
  trial.compare(x.reshape({x.size()}).reshape(x.shape()), same);
  trial.compare(x.clone(), same);
  const Index offset = trial.below(x.size() + 1);
  trial.compare(x.window(offset, {x.size() - offset}),
                line({x.size() - offset}, [&](Index i) { return element(x, offset + i); }));
}

void rows_of_softmax(Trial& trial) {
  const Index classes = trial.size(257);
  const Shape shape = trial.shape(static_cast<int>(trial.below(3))).append(classes);
  const Tensor x = trial.input(shape);
  const auto sum_of_row = [&](Index i) {
    return total(classes, [&](Index c) { return std::exp(element(x, i / classes * classes + c)); });
  };
  trial.compare(softmax_rows(x), line(shape, [&](Index i) { return std::exp(element(x, i)) / sum_of_row(i); }));
  trial.compare(log_softmax_rows(x), line(shape, [&](Index i) { return element(x, i) - std::log(sum_of_row(i)); }), 10);
}

void cross_entropies(Trial& trial) {
  const Index n = trial.some(67), classes = trial.some(131);
  const Tensor logits = trial.input({n, classes}), labels = trial.labels(n, classes);
  Tensor dlogits = trial.result({n, classes});
  Tensor weights = trial.coin() ? trial.positive({n}) : Tensor();
  for (Real& weight : weights.values()) weight = trial.coin() ? weight : 0;
  const CrossEntropyWeights by_class{weights.defined() ? weights : Tensor::ones({n}), trial.positive({classes}),
                                     trial.coin() ? trial.positive({classes}) : Tensor()};
  const auto log_p = [&](Index i, Index c) {
    const auto at = [&](Index j) { return element(logits, i * classes + j); };
    return at(c) - std::log(total(classes, [&](Index j) { return std::exp(at(j)); }));
  };
  const auto is_label = [&](Index i, Index c) { return c == static_cast<Index>(labels.data()[i]) ? 1 : 0; };
  // The loss is the sum over rows and classes of share(i, c) (-log p[i, c]).
  const auto compare = [&](Real loss, auto share) {
    trial.compare(Tensor::full({}, loss),
                  line({},
                       [&](Index) {
                         return total(n * classes, [&](Index i) {
                           return -share(i / classes, i % classes) * log_p(i / classes, i % classes);
                         });
                       }),
                  10 * n * classes);
    trial.compare(dlogits,
                  each({n, classes},
                       [&](const Position& at) {
                         const double of_row = total(classes, [&](Index c) { return share(at[0], c); });
                         return of_row * std::exp(log_p(at[0], at[1])) - share(at[0], at[1]);
                       }),
                  10 * classes);
  };
  const Real loss = softmax_cross_entropy_rows(logits, labels, weights, dlogits);
  compare(loss, [&](Index i, Index c) { return is_label(i, c) * element_or(weights, i, 1 / static_cast<double>(n)); });
  const Real weighted = weighted_cross_entropy_rows(logits, labels, by_class, dlogits);
  compare(weighted, [&](Index i, Index c) {
    return element(by_class.rows, i) * (is_label(i, c) * element(by_class.label, c) + element_or(by_class.every, c, 0));
  });
}

constexpr double epsilon = 1e-3;

/// Mean and 1 / sqrt(variance + epsilon) of value(0), ..., value(n - 1).
template <class Value>
std::pair<double, double> statistics(Index n, Value value) {
  const double mean = total(n, value) / static_cast<double>(n);
  const double variance = total(n, [&](Index i) { return std::pow(value(i) - mean, 2); }) / static_cast<double>(n);
  return {mean, 1 / std::sqrt(variance + epsilon)};
}

void columns(Trial& trial) {
  const Index features = trial.size(131);
  Shape shape{trial.some(131)};
  while (shape.rank() < 4 && trial.coin()) shape = shape.append(trial.some(5));
  shape = shape.append(features);
  const Index rows = shape.without_last().size();
  const Tensor x = trial.input(shape), dy = trial.input(shape);
  const Tensor gamma = trial.coin() ? trial.input({features}) : Tensor();
  const Tensor beta = trial.coin() ? trial.input({features}) : Tensor();
  Tensor mean = trial.result({features}), variance = trial.result({features}), y = trial.result(shape);
  Tensor dgamma = trial.result({features}), dbeta = trial.result({features}), dx = trial.result(shape);
  column_statistics(x, mean, variance);
  const Tensor inv_std = inv_std_of(variance, Real(epsilon));
  const ColumnNormalization normalization{mean, inv_std, gamma, beta};
  normalize_columns(x, normalization, y);
  column_gradients(x, normalization, dy, dgamma, dbeta);
  normalize_columns_backward(x, normalization, dy, dgamma, dbeta, dx);

  const auto of_column = [&](Index c) {
    return statistics(rows, [&](Index r) { return element(x, r * features + c); });
  };
  const auto xhat = [&](Index i) {
    return (element(x, i) - element(mean, i % features)) * element(inv_std, i % features);
  };
  const auto sum = [&](Index c, auto f) { return total(rows, [&](Index r) { return f(r * features + c); }); };
  trial.compare(mean, line({features}, [&](Index c) { return of_column(c).first; }), rows);
  trial.compare(inv_std, line({features}, [&](Index c) { return of_column(c).second; }), 30 * rows);
  trial.compare(
      y,
      line(shape,
           [&](Index i) { return xhat(i) * element_or(gamma, i % features, 1) + element_or(beta, i % features, 0); }),
      1000);
  trial.compare(dbeta, line({features}, [&](Index c) { return sum(c, [&](Index i) { return element(dy, i); }); }),
                rows);
  trial.compare(dgamma,
                line({features}, [&](Index c) { return sum(c, [&](Index i) { return element(dy, i) * xhat(i); }); }),
                30 * rows);
  trial.compare(dx,
                line(shape,
                     [&](Index i) {
                       const Index c = i % features;
                       const double centered = element(dy, i) - element(dbeta, c) / static_cast<double>(rows) -
                                               xhat(i) * element(dgamma, c) / static_cast<double>(rows);
                       return element_or(gamma, c, 1) * element(inv_std, c) * centered;
                     }),
                10000);
}

/// By rows, with a mean (layer normalization) and without (RMS normalization).
void rows(Trial& trial) {
  const Index n = trial.size(257);
  const Shape shape = trial.shape(static_cast<int>(trial.below(3))).append(n);
  const Index count = n == 0 ? 0 : shape.without_last().size();
  const bool centers = trial.coin();
  const Tensor x = trial.input(shape), dy = trial.input(shape);
  const Tensor gamma = trial.coin() ? trial.input({n}) : Tensor();
  const Tensor beta = trial.coin() ? trial.input({n}) : Tensor();
  Tensor mean = centers ? trial.result({count}) : Tensor();
  Tensor inv_std = trial.result({count}), y = trial.result(shape), dx = trial.result(shape);
  Tensor dgamma = trial.result({n}), dbeta = centers ? trial.result({n}) : Tensor();
  normalize_rows(x, gamma, beta, Real(epsilon), mean, inv_std, y);
  normalize_rows_backward(x, dy, mean, inv_std, gamma, dx);
  row_gradients(x, dy, mean, inv_std, dgamma, dbeta);

  const auto of_row = [&](Index r) -> std::pair<double, double> {
    if (centers) return statistics(n, [&](Index i) { return element(x, r * n + i); });
    const double squares = total(n, [&](Index i) { return std::pow(element(x, r * n + i), 2); });
    return {0, 1 / std::sqrt(squares / static_cast<double>(n) + epsilon)};
  };
  const auto xhat = [&](Index i) { return (element(x, i) - element_or(mean, i / n, 0)) * element(inv_std, i / n); };
  const auto upstream = [&](Index i) { return element(dy, i) * element_or(gamma, i % n, 1); };
  const auto mean_of_row = [&](Index i, auto f) {
    return total(n, [&](Index c) { return f(i / n * n + c); }) / static_cast<double>(n);
  };
  if (centers) trial.compare(mean, line({count}, [&](Index r) { return of_row(r).first; }), n);
  trial.compare(inv_std, line({count}, [&](Index r) { return of_row(r).second; }), 30 * n);
  trial.compare(
      y, line(shape, [&](Index i) { return xhat(i) * element_or(gamma, i % n, 1) + element_or(beta, i % n, 0); }),
      1000);
  trial.compare(dx,
                line(shape,
                     [&](Index i) {
                       const double along = mean_of_row(i, [&](Index j) { return upstream(j) * xhat(j); });
                       const double common = centers ? mean_of_row(i, upstream) : 0;
                       return element(inv_std, i / n) * (upstream(i) - common - xhat(i) * along);
                     }),
                10000);
  const auto sum = [&](Index c, auto f) { return total(count, [&](Index r) { return f(r * n + c); }); };
  trial.compare(dgamma, line({n}, [&](Index c) { return sum(c, [&](Index i) { return element(dy, i) * xhat(i); }); }),
                30 * count);
  if (!centers) return;
  trial.compare(dbeta, line({n}, [&](Index c) { return sum(c, [&](Index i) { return element(dy, i); }); }), count);
}

void groups(Trial& trial) {
  const Index samples = trial.size(7), positions = trial.some(31), count = trial.some(7), width = trial.some(31);
  const Index channels = count * width, values = positions * width;
  const Shape shape{samples, positions, channels};
  const Tensor x = trial.input(shape), dy = trial.input(shape);
  const Tensor gamma = trial.coin() ? trial.input({channels}) : Tensor();
  const Tensor beta = trial.coin() ? trial.input({channels}) : Tensor();
  Tensor mean = trial.result({samples, channels}), inv_std = trial.result({samples, channels});
  Tensor dgamma = trial.result({samples, channels}), dbeta = trial.result({samples, channels});
  Tensor y = trial.result(shape), dx = trial.result(shape);
  normalize_groups(x, count, gamma, beta, Real(epsilon), mean, inv_std, y);
  normalize_groups_backward(x, dy, count, mean, inv_std, gamma, dgamma, dbeta, dx);

  // The elements of the group of channel c of sample s: (s, p, first channel + w).
  const auto in_group = [&](Index s, Index c) {
    return [=](Index v) { return (s * positions + v / width) * channels + c / width * width + v % width; };
  };
  const auto of_group = [&](Index s, Index c) {
    return statistics(values, [&](Index v) { return element(x, in_group(s, c)(v)); });
  };
  const auto statistic_of = [&](const Tensor& statistic, Index i) {
    return element(statistic, i / (positions * channels) * channels + i % channels);
  };
  const auto xhat = [&](Index i) { return (element(x, i) - statistic_of(mean, i)) * statistic_of(inv_std, i); };
  const auto upstream = [&](Index i) { return element(dy, i) * element_or(gamma, i % channels, 1); };
  trial.compare(mean, each({samples, channels}, [&](const Position& at) { return of_group(at[0], at[1]).first; }),
                values);
  trial.compare(inv_std, each({samples, channels}, [&](const Position& at) { return of_group(at[0], at[1]).second; }),
                30 * values);
  trial.compare(
      y,
      line(shape,
           [&](Index i) { return xhat(i) * element_or(gamma, i % channels, 1) + element_or(beta, i % channels, 0); }),
      1000);
  const auto sum = [&](const Position& at, auto f) {
    return total(positions, [&](Index p) { return f((at[0] * positions + p) * channels + at[1]); });
  };
  trial.compare(
      dbeta,
      each({samples, channels}, [&](const Position& at) { return sum(at, [&](Index i) { return element(dy, i); }); }),
      positions);
  trial.compare(dgamma,
                each({samples, channels},
                     [&](const Position& at) { return sum(at, [&](Index i) { return element(dy, i) * xhat(i); }); }),
                30 * positions);
  Values common{{samples, channels}, {}}, along{{samples, channels}, {}};
  for_positions(common.shape, [&](const Position& at) {
    const auto mean_of = [&](auto f) {
      return total(values, [&](Index v) { return f(in_group(at[0], at[1])(v)); }) / static_cast<double>(values);
    };
    common.numbers.push_back(mean_of(upstream));
    along.numbers.push_back(mean_of([&](Index i) { return upstream(i) * xhat(i); }));
  });
  trial.compare(dx,
                each(shape,
                     [&](const Position& at) {
                       const Index i = offset_in(shape, shape, at);
                       const auto group = static_cast<std::size_t>(at[0] * channels + at[2]);
                       return statistic_of(inv_std, i) *
                              (upstream(i) - common.numbers[group] - xhat(i) * along.numbers[group]);
                     }),
                10000);
}

struct Row {
  const char* functions;
  void (*run)(Trial& trial);
};

constexpr Row table[] = {
    {"a b", product<Transpose::no, Transpose::no>},
    {"a b^T", product<Transpose::no, Transpose::yes>},
    {"a^T b", product<Transpose::yes, Transpose::no>},
    {"a^T b^T", product<Transpose::yes, Transpose::yes>},
    {"linear", linear_with_gradients},
    {"reductions", reductions},
    {"elementwise functions", elementwise},
    {"permutations", permutations},
    {"views and slices", views_and_slices},
    {"softmax", rows_of_softmax},
    {"cross-entropies", cross_entropies},
    {"normalization of columns", columns},
    {"normalization of rows", rows},
    {"normalization of groups", groups},
};

}  // namespace

TEST_CASE("functions of tensors agree with plain loops for random shapes") {
  for (const Row& row : table) {
    INFO(row.functions);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Trial trial(seed);
      row.run(trial);
      INFO("seed ", seed, ", shapes", trial.drawn());
      CHECK_EQ(trial.failures(), "");
    }
  }
}
