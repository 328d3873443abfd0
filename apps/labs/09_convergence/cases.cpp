#include "case.h"
#include "convergence.h"
#include "digits.h"
#include "experiment.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace harness;
using student::Data;
using student::Matrix;
using student::Model;
using student::Network;
using student::NetworkLayer;
using student::Result;
using student::Variable;

namespace {

/// The numbers of a list, one after the other, and how many were taken.
class Stream {
 public:
  explicit Stream(std::vector<double> values) : values_(std::move(values)) {}
  std::function<double()> next() {
    return [this] { return values_[taken++ % values_.size()]; };
  }
  std::size_t taken = 0;

 private:
  std::vector<double> values_;
};

void observe_matrix(const std::string& name, const Matrix& m) { observe(name, m.elements, {m.rows, m.columns}); }

std::string shape_text(const Matrix& m) { return std::to_string(m.rows) + 'x' + std::to_string(m.columns); }

/// The matrices that a layer has, by name.
std::vector<std::pair<std::string, const Matrix*>> parts_of(const NetworkLayer& layer) {
  std::vector<std::pair<std::string, const Matrix*>> parts{{"kernel", &layer.kernel},
                                                           {"bias", &layer.bias},
                                                           {"gamma", &layer.gamma},
                                                           {"beta", &layer.beta},
                                                           {"moving_mean", &layer.moving_mean},
                                                           {"moving_variance", &layer.moving_variance}};
  std::erase_if(parts, [](const auto& part) { return part.second->empty(); });
  return parts;
}

/// The shapes of a layer: "kernel 5x4 gamma 1x4 ...".
std::string shapes_of(const NetworkLayer& layer) {
  std::string text;
  for (const auto& [name, matrix] : parts_of(layer)) {
    text += (text.empty() ? "" : " ") + name + ' ' + shape_text(*matrix);
  }
  return text;
}

/// Numbered matrices: kernel of layer 0 is 1, its bias 2, gamma 3, beta 4; layer 1 from 11 on.
Network numbered_network(bool batch_norm) {
  Network network;
  for (std::size_t i = 0; i < 3; ++i) {
    const double first = 10 * static_cast<double>(i);
    NetworkLayer layer;
    layer.kernel = Matrix(2, 2, first + 1);
    if (batch_norm && i < 2) {
      layer.gamma = Matrix(1, 2, first + 3);
      layer.beta = Matrix(1, 2, first + 4);
      layer.moving_mean = Matrix(1, 2, 0.0);
      layer.moving_variance = Matrix(1, 2, 1.0);
    } else {
      layer.bias = Matrix(1, 2, first + 2);
    }
    network.push_back(layer);
  }
  return network;
}

std::vector<Variable> numbered_leaves(const Network& network) {
  std::vector<Variable> leaves;
  for (const NetworkLayer& layer : network) {
    for (const Matrix* matrix : {&layer.kernel, &layer.bias, &layer.gamma, &layer.beta}) {
      if (!matrix->empty()) leaves.push_back({*matrix, student::constant});
    }
  }
  return leaves;
}

std::string number_of(const Variable& v) {
  return v.value.empty() ? "-" : std::to_string(static_cast<int>(v.value.elements[0]));
}

/// Operations that write down their arguments, and change the value a little, so that the order shows in numbers too.
student::Operations logged_operations(std::string& log, const Network& network) {
  const auto scaled = [](const Variable& x, double scale, double shift) {
    Variable y = x;
    for (double& element : y.value.elements) element = element * scale + shift;
    return y;
  };
  const auto write = [&log](const std::string& text) { log += (log.empty() ? "" : " | ") + text; };
  return {[=](const Variable& x, const Variable& kernel, const Variable& bias) {
            write("dense kernel " + number_of(kernel) + " bias " + number_of(bias));
            return scaled(x, 2, 0.5);
          },
          [=, &network](const Variable& x, const Variable& gamma, const Variable& beta, NetworkLayer& layer,
                        bool training) {
            write("batch_norm gamma " + number_of(gamma) + " beta " + number_of(beta) + " layer " +
                  std::to_string(&layer - network.data()) + (training ? " training" : " inference"));
            return scaled(x, 0.5, 3);
          },
          [=](const Variable& x) {
            write("sigmoid");
            return scaled(x, -1, 1);
          }};
}

/// A model whose logits say "right" for a share of the samples that grows with the steps taken, and faster in the mode
/// that should not be asked. Labels of the training data are 0, of the test data 1.
class CountingModel {
 public:
  Model model() {
    return {.forward =
                [this](std::span<const double> x, bool training) {
                  if (training) sizes += (sizes.empty() ? "" : " ") + std::to_string(x.size());
                  if (training) positions.insert(positions.end(), x.begin(), x.end());
                  std::vector<double> logits(2 * x.size());
                  for (std::size_t n = 0; n < x.size(); ++n) {
                    const bool right = x[n] < static_cast<double>(steps);
                    logits[2 * n + (right ? 1 : 0)] = 1;
                  }
                  return logits;
                },
            .loss = [](std::span<const double>, std::span<const std::size_t>) { return 0.7; },
            .backward = [] {},
            .clear_gradients = [] {},
            .step = [this] { ++steps; }};
  }

  std::size_t steps = 0;
  std::string sizes;
  std::vector<double> positions;
};

std::vector<double> count_up(std::size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

/// Results of 2 arms, 3 rates and 4 seeds. Of the rates 0.1, 1 and 10 the baseline has the best mean at the end at 1,
/// the best single run at 10 and the best checkpoint at 0.1; batch normalization the best mean at 10.
std::vector<Result> some_results() {
  std::vector<Result> results;
  const double rates[] = {0.1, 1, 10};
  const double last[2][3] = {{0.4, 0.6, 0.5}, {0.7, 0.75, 0.85}};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      for (std::size_t arm = 0; arm < 2; ++arm) {
        const auto noise = uniform(3, -0.01, 0.01);
        const double end = last[arm][r] + noise[0] + (r == 2 && arm == 0 ? (seed == 2 ? 0.3 : -0.1) : 0);
        const double middle = (r == 0 ? 0.95 : 0.3) + noise[1];
        results.push_back({{arm == 1, rates[r], seed}, {0.1 + noise[2], middle, end}});
      }
    }
  }
  return results;
}

/// A number that is different for each answer and does not show it.
double checksum(int question, char answer) {
  std::uint32_t hash = 2166136261U;
  for (const char letter : "lab 9, question " + std::to_string(question) + ": " + answer) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  }
  return static_cast<double>(hash % 1000000U);
}

void observe_answer(int question) {
  input("the letter of the answer, as a checksum");
  observe("answer " + std::to_string(question), checksum(question, student::answer(question)));
}

}  // namespace

LAB_CASE("9.1", "kernels of both arms", 2) {
  input("5-4-3-2, both arms from the same numbers");
  const auto numbers = normal(60);
  const std::size_t sizes[] = {5, 4, 3, 2};
  for (const bool batch_norm : {false, true}) {
    Stream stream(numbers);
    const Network network = student::make_network(sizes, batch_norm, stream.next());
    const std::string arm = batch_norm ? "with: " : "without: ";
    observe(arm + "numbers drawn", static_cast<double>(stream.taken));
    for (std::size_t i = 0; i < network.size(); ++i) {
      observe_matrix(arm + "kernel " + std::to_string(i), network[i].kernel);
    }
  }
}

LAB_CASE("9.1", "what else a layer has", 2) {
  input("5-4-3-2, both arms: shapes and initial values of bias, gamma, beta, moving statistics");
  const auto numbers = normal(60);
  const std::size_t sizes[] = {5, 4, 3, 2};
  for (const bool batch_norm : {false, true}) {
    Stream stream(numbers);
    const Network network = student::make_network(sizes, batch_norm, stream.next());
    for (std::size_t i = 0; i < network.size(); ++i) {
      const std::string name = (batch_norm ? "with: layer " : "without: layer ") + std::to_string(i);
      observe_text(name, shapes_of(network[i]));
      for (const auto& [part, matrix] : parts_of(network[i])) {
        if (part != "kernel") observe_matrix(name + ' ' + part, *matrix);
      }
    }
  }
}

LAB_CASE("9.1", "the list of parameters", 1) {
  input(
      "a network of 3 layers, 2 of them normalized; the matrices are numbered: layer i has kernel 10 i + 1, bias 10 i "
      "+ 2, gamma 10 i + 3, beta 10 i + 4");
  for (const bool batch_norm : {false, true}) {
    Network network = numbered_network(batch_norm);
    std::string text;
    for (const Matrix* matrix : student::parameters(network)) {
      text += (text.empty() ? "" : " ") + (matrix->empty() ? "empty" : std::to_string(int(matrix->elements[0])));
    }
    observe_text(batch_norm ? "with" : "without", text);
  }
}

LAB_CASE("9.2", "order of the operations", 2) {
  input("3 layers, in both arms, training mode; matrices numbered as in 9.1, x (1, 2)");
  for (const bool batch_norm : {false, true}) {
    Network network = numbered_network(batch_norm);
    const auto leaves = numbered_leaves(network);
    std::string log;
    const auto operations = logged_operations(log, network);
    const Variable x{Matrix(1, 2, normal(2)), student::constant};
    const Variable y = student::forward(network, leaves, x, true, operations);
    observe_text(batch_norm ? "with" : "without", log);
    observe_matrix(batch_norm ? "logits, with" : "logits, without", y.value);
  }
}

LAB_CASE("9.2", "modes", 1) {
  input("3 layers, 2 of them normalized, inference mode");
  Network network = numbered_network(true);
  const auto leaves = numbered_leaves(network);
  std::string log;
  const auto operations = logged_operations(log, network);
  const Variable y = student::forward(network, leaves, {Matrix(1, 2, normal(2)), student::constant}, false, operations);
  observe_text("operations", log);
  observe_matrix("logits", y.value);
}

LAB_CASE("9.2", "logits and gradients of your parts", 1) {
  input("6-5-4-3 with batch normalization, x (7, 6) ~ N(0, 1), the loss of lab 3; then inference mode");
  const std::size_t sizes[] = {6, 5, 4, 3};
  Stream stream(normal(100));
  Network network = student::make_network(sizes, true, stream.next());
  student::Tape tape;
  const student::Recording recording(&tape);
  std::vector<Variable> leaves;
  for (const Matrix* matrix : student::parameters(network)) leaves.push_back(student::leaf(tape, *matrix));
  const Variable x{Matrix(7, 6, normal(42)), student::constant};
  const auto labels = integers(7, 3);
  const Variable logits = student::forward(network, leaves, x, true, student_operations());
  const Variable loss = cross_entropy(logits, labels);
  observe_matrix("logits", logits.value);
  observe_matrix("loss", loss.value);
  student::backward(tape, loss);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    observe_matrix("gradient of parameter " + std::to_string(i), student::gradient(tape, leaves[i]));
  }
  observe_matrix("moving mean 0", network[0].moving_mean);
  observe_matrix("logits in inference mode", student::forward(network, leaves, x, false, student_operations()).value);
}

LAB_CASE("9.3", "plan", 1) {
  input("rates 0.5, 2 and 5, seeds 3, 1 and 4");
  const double rates[] = {0.5, 2, 5};
  const std::uint64_t seeds[] = {3, 1, 4};
  std::vector<double> runs;
  for (const auto& run : student::plan(rates, seeds)) {
    runs.insert(runs.end(), {run.batch_norm ? 1.0 : 0.0, run.learning_rate, static_cast<double>(run.seed)});
  }
  observe("runs: batch_norm, rate, seed", runs, {runs.size() / 3, 3});
}

LAB_CASE("9.3", "steps and checkpoints", 2) {
  input(
      "11 training samples, 10 test samples, batches of 4 (4 + 4 + 3), 8 steps, a checkpoint every 2; test sample i is "
      "right from step i + 1 on");
  const auto images = count_up(11);
  const std::vector<std::size_t> zeros(11, 0);
  const auto test_images = count_up(10);
  const std::vector<std::size_t> ones(10, 1);
  CountingModel network;
  const auto draws = uniform(100);
  std::size_t next = 0;
  const auto curve = student::accuracy_curve(
      network.model(), {images, zeros, 1}, {test_images, ones, 1}, {4, 8, 2}, [&](std::size_t limit) {
        return static_cast<std::size_t>(draws[next++ % draws.size()] * static_cast<double>(limit));
      });
  observe("accuracies", curve, {curve.size()});
  observe_text("sizes of the batches", network.sizes);
  observe("samples in the order of training", network.positions, {network.positions.size()});
}

LAB_CASE("9.3", "5 seeds, both arms, on your own tape", 1) {
  const ExperimentOptions options = small_experiment();
  input("49-10-10-10-10 on {} digits of 7 x 7, rate {}, {} steps, {} test images, student parts alone",
        options.train_count, options.learning_rate, options.curve.steps, options.test_count);
  const Experiment experiment(options);
  std::vector<Result> results;
  for (const std::uint64_t seed : std::initializer_list<std::uint64_t>{1, 2, 3, 4, 5}) {
    for (const bool batch_norm : {false, true}) {
      const student::Run run{batch_norm, options.learning_rate, seed};
      results.push_back({run, experiment.on_student_tape(run)});
    }
  }
  const auto without = student::mean_curve(results, false, options.learning_rate);
  const auto with = student::mean_curve(results, true, options.learning_rate);
  // Small differences between correct implementations grow while training: a sample or two may change sides.
  observe("without", without, {without.size()}).tolerance(0.02, 0);
  observe("with", with, {with.size()}).tolerance(0.02, 0);
  for (std::size_t i = 0; i < with.size() && i < without.size(); ++i) {
    require(with[i] > without[i], "batch normalization is not above the baseline at checkpoint {}: {} against {}",
            i + 1, with[i], without[i]);
  }
  for (const auto& [name, count] : call_counts()) calls(name, count);
}

LAB_CASE("9.3", "gradus with your functions as layers", 1) {
  ExperimentOptions options = small_experiment();
  options.curve.steps = 40;
  input("the same networks with one seed: your tape, gradus with your layers, gradus with its own");
  const Experiment experiment(options);
  for (const bool batch_norm : {false, true}) {
    const student::Run run{batch_norm, options.learning_rate, 3};
    const std::string arm = batch_norm ? "with" : "without";
    const auto tape = experiment.on_student_tape(run);
    call_counts().clear();
    const auto layers = experiment.in_gradus(run, Layers::of_the_student);
    for (const auto& [name, count] : call_counts()) calls(name + " in gradus, " + arm, count);
    require(!call_counts().empty(), "none of your functions ran inside gradus");
    const auto own = experiment.in_gradus(run, Layers::of_gradus);
    observe(arm + ": your tape", tape, {tape.size()}).tolerance(0.02, 0);
    observe(arm + ": gradus, your layers", layers, {layers.size()}).tolerance(0.02, 0);
    for (std::size_t i = 0; i < own.size() && i < layers.size() && i < tape.size(); ++i) {
      // gradus computes in float.
      require(std::abs(layers[i] - own[i]) <= 0.05 && std::abs(tape[i] - own[i]) <= 0.05,
              "{}, checkpoint {}: your tape {}, your layers {}, gradus {}", arm, i + 1, tape[i], layers[i], own[i]);
    }
  }
}

LAB_CASE("9.4", "mean curves", 1) {
  input("results of 2 arms, 3 rates and 4 seeds, 3 checkpoints");
  const auto results = some_results();
  for (const bool batch_norm : {false, true}) {
    for (const double rate : {0.1, 1.0, 10.0}) {
      const auto mean = student::mean_curve(results, batch_norm, rate);
      observe((batch_norm ? "with, rate " : "without, rate ") + std::to_string(rate).substr(0, 4), mean, {mean.size()});
    }
  }
}

LAB_CASE("9.4", "best rates", 2) {
  input("results of 2 arms, 3 rates and 4 seeds; of equal means the first counts");
  const auto results = some_results();
  observe("without", student::best_rate(results, false));
  observe("with", student::best_rate(results, true));
  const std::vector<Result> equal{{{true, 2, 1}, {0.5}}, {{true, 1, 1}, {0.5}}, {{false, 3, 1}, {0.9}}};
  observe("of equals", student::best_rate(equal, true));
  // One run of the baseline is the best of all at the last checkpoint, at another rate.
  std::vector<Result> mixed = results;
  mixed.push_back({{false, 0.1, 9}, {0.1, 0.1, 0.99}});
  observe("with, beside a lucky baseline", student::best_rate(mixed, true));
}

LAB_CASE("9.4", "steps to an accuracy", 1) {
  input("the curve 0.1 0.4 0.4 0.7 0.65, checkpoints every 25 steps");
  const double curve[] = {0.1, 0.4, 0.4, 0.7, 0.65};
  observe("to 0.1", static_cast<double>(student::steps_to(curve, 25, 0.1)));
  observe("to 0.4", static_cast<double>(student::steps_to(curve, 25, 0.4)));
  observe("to 0.66", static_cast<double>(student::steps_to(curve, 25, 0.66)));
  observe("to 0.9, never", static_cast<double>(student::steps_to(curve, 25, 0.9)));
}

LAB_CASE("9.5", "biases", 1) { observe_answer(1); }
LAB_CASE("9.5", "which accuracy", 1) { observe_answer(2); }
LAB_CASE("9.5", "learning rates", 1) { observe_answer(3); }
LAB_CASE("9.5", "a batch of one", 1) { observe_answer(4); }
