#pragma once

#include "tape.h"
#include "training.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace student {

/// One dense layer with what follows it. A matrix that the layer does not have is 0 x 0.
struct NetworkLayer {
  Matrix kernel;  ///< (inputs, units)
  Matrix bias;    ///< (1, units); none under a batch normalization
  Matrix gamma;   ///< (1, units); only with batch normalization, and the same for the three below
  Matrix beta;
  Matrix moving_mean;  ///< no parameters: `batch_norm` moves them in training
  Matrix moving_variance;

  bool normalized() const { return !gamma.empty(); }
};

using Network = std::vector<NetworkLayer>;

/// The parts of labs 2, 3, 7 and 8 on the tape.
struct Operations {
  /// y = x kernel + bias; a constant of 0 x 0 for no bias.
  std::function<Variable(const Variable& x, const Variable& kernel, const Variable& bias)> dense;
  /// Training mode uses the batch and moves the layer's moving statistics, inference mode uses these.
  std::function<Variable(const Variable& x, const Variable& gamma, const Variable& beta, NetworkLayer& layer,
                         bool training)>
      batch_norm;
  std::function<Variable(const Variable& x)> sigmoid;
};

/// One training run.
struct Run {
  bool batch_norm = false;
  double learning_rate = 0;
  std::uint64_t seed = 0;
};

/// A run and its test accuracies at the checkpoints.
struct Result {
  Run run;
  std::vector<double> accuracies;
};

struct CurveOptions {
  std::size_t batch_size = 32;
  std::size_t steps = 100;
  std::size_t every = 20;  ///< steps between checkpoints; divides `steps`
};

// Task 9.1

/// A network of sizes[0] inputs and sizes.size() - 1 dense layers, the last one without normalization. Kernels are
/// normal() / sqrt(inputs), drawn layer by layer in the order of their elements; nothing else draws, so that the same
/// numbers give both arms the same kernels. Biases 0, gamma 1, beta 0, moving mean 0, moving variance 1. With batch
/// normalization the layers before the last have no bias: beta does the same.
Network make_network(std::span<const std::size_t> sizes, bool batch_norm, const std::function<double()>& normal);

/// The trainable parameters of all layers, in order: kernel, then bias, or gamma and beta.
std::vector<Matrix*> parameters(Network& network);

// Task 9.2

/// Logits of x (N, sizes[0]). Layers before the last: dense, batch_norm if the layer has it, sigmoid. The last: dense.
/// `leaves` holds the variables of `parameters(network)`, in the same order.
Variable forward(Network& network, std::span<const Variable> leaves, const Variable& x, bool training,
                 const Operations& operations);

// Task 9.3

/// All runs of the comparison: for each rate, for each seed, without and with batch normalization.
std::vector<Run> plan(std::span<const double> rates, std::span<const std::uint64_t> seeds);

/// Trains for `steps` steps and returns the accuracy on the test data, in inference mode, after every `every` of them.
/// Batches as in lab 5: the order 0 ... N-1 is shuffled before every epoch, the last batch of an epoch may be short.
std::vector<double> accuracy_curve(const Model& model, const Data& train, const Data& test, const CurveOptions& options,
                                   const Below& below);

// Task 9.4

/// The mean over the seeds of the accuracies of one arm at one rate, for each checkpoint.
std::vector<double> mean_curve(std::span<const Result> results, bool batch_norm, double learning_rate);

/// The learning rate with the largest mean accuracy over the seeds at the last checkpoint, of those tried for this arm;
/// the first one of equals.
double best_rate(std::span<const Result> results, bool batch_norm);

/// The steps to the first checkpoint that reaches this accuracy; 0 if none does.
std::size_t steps_to(std::span<const double> curve, std::size_t every, double accuracy);

// Task 9.5

/// 'a', 'b', 'c' or 'd' for the questions 1 to 4 of the handout.
char answer(int question);

}  // namespace student
