#include "set_up.h"

#include <array>
#include <cmath>

namespace gradus::cases {

namespace {

/// One of the values, by a generator.
template <class T, std::size_t n>
const T& one_of(const std::array<T, n>& values, Generator& random) {
  return values[static_cast<std::size_t>(random.below(n))];
}

/// Log-uniform.
double between(double low, double high, Generator& random) { return low * std::pow(high / low, random.uniform()); }

struct Data {
  const char* name;
  Dataset (*make)();
  Index inputs, outputs;
};
const std::array<Data, 6> data_sets{{
    {"digits", [] { return digits(); }, 784, 10},
    {"clothing", [] { return clothing(); }, 784, 10},
    {"standardized digits", [] { return Standardization(digits())(digits()); }, 784, 10},
    {"moons", [] { return two_moons(); }, 2, 2},
    {"regression", [] { return regression(); }, 8, 1},
    {"table", [] { return table(); }, 12, 3},
}};

/// An optimizer at a rate of its sound range, lower for deep and for wide networks.
std::unique_ptr<Optimizer> draw_optimizer(double most, bool regression, Generator& random, std::string& name) {
  const auto rate = [&](double low, double high) {
    const double value = std::stod(fmt::format("{:.2g}", between(low * std::min(1.0, 3 * most), high * most, random)));
    name = fmt::format("{} {}", name, value);
    return value;
  };
  static constexpr std::array<const char*, 9> names{"SGD",     "momentum", "Nesterov", "Adam",        "AdamW",
                                                    "RMSprop", "Adagrad",  "NAdam",    "sign descent"};
  name = one_of(names, random);
  if (name == "SGD") return by<SGD>(SGDOptions{.learning_rate = rate(0.02, regression ? 0.1 : 0.2)});
  if (name == "momentum") return by<SGD>(SGDOptions{.learning_rate = rate(0.003, 0.03), .momentum = 0.9});
  if (name == "Nesterov") {
    return by<SGD>(SGDOptions{.learning_rate = rate(0.003, 0.03), .momentum = 0.9, .nesterov = true});
  }
  if (name == "Adam") return by<Adam>(AdamOptions{.learning_rate = rate(3e-4, 5e-3)});
  if (name == "AdamW") return by<AdamW>(AdamWOptions{.learning_rate = rate(3e-4, 5e-3)});
  if (name == "RMSprop") return by<RMSprop>(RMSpropOptions{.learning_rate = rate(3e-4, 2e-3)});
  if (name == "Adagrad") return by<Adagrad>(AdagradOptions{.learning_rate = rate(5e-3, 3e-2)});
  if (name == "NAdam") return by<NAdam>(NAdamOptions{.learning_rate = rate(3e-4, 5e-3)});
  return std::make_unique<SignDescent>(rate(2e-4, 2e-3));
}

/// Of everything one, such that it trains.
SetUp draw(std::uint64_t seed) {
  Generator random(seed, 77);
  const Data& data = one_of(data_sets, random);
  const bool small = data.inputs < 784;
  Net net{.inputs = data.inputs, .outputs = data.outputs};
  static constexpr std::array<const char*, 8> functions{"relu", "leaky_relu", "elu",  "sigmoid",
                                                        "tanh", "softplus",   "gelu", "silu"};
  static constexpr std::array<const char*, 6> norms{"none", "batch", "renormalization", "layer", "group", "rms"};
  static constexpr std::array<Index, 6> depths{1, 2, 3, 5, 12, 30};
  static constexpr std::array<Index, 5> widths{16, 32, 64, 128, 512};
  net.activation = one_of(functions, random);
  net.normalization = one_of(norms, random);
  Index depth = one_of(depths, random);
  const bool bounded = net.activation == "sigmoid" || net.activation == "softplus";
  if (bounded) depth = std::min<Index>(depth, 2);
  Index width = one_of(widths, random);
  if (depth > 5) {
    width = std::min<Index>(width, 64);
    width = std::max<Index>(width, 32);
    net.residual = random.uniform() < 0.5;
    // Without normalization every block doubles the variance.
    if (net.residual && net.normalization == "none") depth = 6;
    if (!net.residual) {
      depth = std::min<Index>(depth, 12);
      if (net.normalization == "none" || net.normalization == "renormalization") net.normalization = "batch";
    }
  }
  if (depth == 1 && random.uniform() < 0.2) width = 2048;
  net.hidden.assign(static_cast<std::size_t>(depth), width);
  const bool rectifies = net.activation != "tanh" && !bounded;
  if (rectifies && depth > 1 && !net.residual) net.initializer = "he_normal";
  if (!small && width >= 64 && depth <= 3 && random.uniform() < 0.4) net.dropout = random.uniform() < 0.5 ? 0.2 : 0.5;
  if (random.uniform() < 0.2) net.l2 = 1e-4;

  double most = 1;
  for (const bool steep : {depth > 3, net.residual, width > 128, data.outputs == 1, net.activation == "softplus"})
    most *= steep ? 0.3 : 1;
  std::string optimizer_name;
  auto optimizer = draw_optimizer(most, data.outputs == 1, random, optimizer_name);
  SetUp set_up{make(net), data.make(), std::move(optimizer)};
  static constexpr std::array<Index, 3> batch_sizes{32, 64, 128};
  set_up.options.batch_size = one_of(batch_sizes, random);
  set_up.options.steps = 500;
  std::string more;
  const double extra = random.uniform();
  if (extra < 0.1) {
    set_up.options.callbacks = {LearningRateScheduler(cosine_decay(set_up.optimizer->learning_rate(), 1000))};
    more = ", cosine decay";
  } else if (extra < 0.2) {
    set_up.options.callbacks = {Clip(1)};
    more = ", clipped";
  } else if (extra < 0.25) {
    set_up.options.gradient_accumulation_steps = 2;
    more = ", accumulated";
  } else if (extra < 0.3 && data.outputs == 10) {
    set_up.data = set_up.data.with_class_weights({1, 1, 2, 1, 1, 1, 3, 1, 1, 1});
    more = ", class weights";
  } else if (extra < 0.4) {
    Adam trainer;
    fit(*set_up.model, trainer, set_up.data, {.epochs = 2, .batch_size = 64, .show_progress = false});
    more = ", trained";
  } else if (extra < 0.45 && depth > 1) {
    Adam trainer;
    fit(*set_up.model, trainer, set_up.data, {.epochs = 2, .batch_size = 64, .show_progress = false});
    set_up.model->freeze("dense");
    more = ", trained, first layer frozen";
  }
  set_up.text =
      fmt::format("{}: {} x {} {}{}, {}{}{}, {}, batch {}{}", data.name, depth, width, net.residual ? "residual " : "",
                  net.activation, net.normalization, net.dropout > 0 ? fmt::format(", dropout {}", net.dropout) : "",
                  net.l2 > 0 ? ", l2" : "", optimizer_name, set_up.options.batch_size, more);
  return set_up;
}

}  // namespace

std::vector<Sound> sound_set_ups() {
  std::vector<Sound> all;
  for (std::uint64_t seed = 0; seed < 440; ++seed) {
    all.push_back({fmt::format("{}", seed), [seed] { return draw(seed); }});
  }
  // Those of the documentation and of the programs.
  const auto add = [&](std::string name, const Net& net, std::function<std::unique_ptr<Optimizer>()> optimizer) {
    all.push_back({std::move(name), [=] { return SetUp{make(net), digits(), optimizer()}; }});
  };
  const auto sgd = [](double rate, double momentum) {
    return [=] { return by<SGD>(SGDOptions{.learning_rate = rate, .momentum = momentum}); };
  };
  const auto adam = [](double rate) { return [=] { return by<Adam>(AdamOptions{.learning_rate = rate}); }; };
  add("SGD 0.1 + momentum 0.9", {}, sgd(0.1, 0.9));
  add("SGD 0.3", {}, sgd(0.3, 0));
  add("SGD 0.3, layer normalization", {.normalization = "layer"}, sgd(0.3, 0));
  add("Adam 0.01", {}, adam(0.01));
  add("Adam 0.003, 4 layers of 512", {.hidden = {512, 512, 512, 512}}, adam(0.003));
  add("20 layers, he_normal", {.hidden = std::vector<Index>(20, 64), .initializer = "he_normal"}, adam(1e-3));
  add("20 layers, layer normalization", {.hidden = std::vector<Index>(20, 64), .normalization = "layer"}, adam(1e-3));
  add("40 layers, batch normalization", {.hidden = std::vector<Index>(40, 32), .normalization = "batch"}, adam(1e-3));
  add("20 residual blocks", {.hidden = std::vector<Index>(21, 64), .residual = true}, adam(1e-3));
  add("784-512-512-10, Adagrad 0.01", {.hidden = {512, 512}},
      [] { return by<Adagrad>(AdagradOptions{.learning_rate = 0.01}); });
  return all;
}

std::vector<Sound> settings() {
  std::vector<Sound> all;
  const auto add = [&](
                       std::string name, const Net& net, std::function<std::unique_ptr<Optimizer>()> optimizer,
                       Dataset (*data)() = [] { return digits(); }) {
    all.push_back({std::move(name), [=] {
                     SetUp set_up{make(net), data(), optimizer()};
                     set_up.options.steps = 500;
                     return set_up;
                   }});
  };
  const auto sgd = [](double rate, double momentum = 0) {
    return [=] { return by<SGD>(SGDOptions{.learning_rate = rate, .momentum = momentum}); };
  };
  const auto adam = [](double rate) { return [=] { return by<Adam>(AdamOptions{.learning_rate = rate}); }; };
  const auto hidden = [](std::size_t depth) { return std::vector<Index>(depth, 64); };
  for (const double rate : {0.001, 0.003, 0.01, 0.5, 1.0, 2.0}) add(fmt::format("SGD {}", rate), {}, sgd(rate));
  for (const double rate : {0.1, 0.2, 0.3, 0.5, 1.0}) {
    add(fmt::format("SGD {} + momentum 0.9", rate), {}, sgd(rate, 0.9));
  }
  for (const double rate : {1e-5, 3e-5, 1e-4, 0.02, 0.05, 0.1}) add(fmt::format("Adam {}", rate), {}, adam(rate));
  for (const std::size_t depth : {10, 20, 30}) {
    add(fmt::format("he_normal, {} layers", depth), {.hidden = hidden(depth), .initializer = "he_normal"}, adam(1e-3));
    add(fmt::format("glorot_uniform, {} layers", depth), {.hidden = hidden(depth)}, adam(1e-3));
    add(fmt::format("layer normalization, {} layers", depth), {.hidden = hidden(depth), .normalization = "layer"},
        adam(1e-3));
  }
  for (const std::size_t depth : {3, 4, 5}) {
    add(fmt::format("sigmoid, {} layers", depth), {.hidden = hidden(depth), .activation = "sigmoid"}, adam(1e-3));
  }
  for (const double deviation : {0.2, 0.3, 0.5}) {
    add(fmt::format("relu, normal({})", deviation), {.initializer = fmt::format("random_normal({})", deviation)},
        adam(1e-3));
    add(fmt::format("tanh, normal({})", deviation),
        {.activation = "tanh", .initializer = fmt::format("random_normal({})", deviation)}, adam(1e-3));
  }
  for (const Index width : {2, 4, 8}) {
    add(fmt::format("moons, {} units", width), {.inputs = 2, .outputs = 2, .hidden = {width, width}}, adam(1e-2),
        [] { return two_moons(); });
  }
  for (const double rate : {0.03, 0.01, 0.001}) {
    add(fmt::format("inputs of mean 12, Adam {}", rate), {.inputs = 12, .outputs = 3, .hidden = {}}, adam(rate),
        [] { return moved(table(), 1, 12); });
  }
  return all;
}

}  // namespace gradus::cases
