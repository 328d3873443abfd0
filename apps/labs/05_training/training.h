#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

// N samples, F features, K classes. All matrices are row-major.

namespace student {

/// N images (N, F) and their N classes.
struct Data {
  std::span<const double> images;
  std::span<const std::size_t> labels;
  std::size_t features = 0;

  std::size_t size() const { return labels.size(); }
};

/// A network with loss and optimizer, as the training loop sees it. Gradients add up until they are cleared.
struct Model {
  /// Logits (N, K) of x (N, F). In training mode it keeps what `backward` needs.
  std::function<std::vector<double>(std::span<const double> x, bool training)> forward;
  /// The mean loss of a batch: logits (N, K), N labels.
  std::function<double(std::span<const double> logits, std::span<const std::size_t> labels)> loss;
  /// Adds the gradients of the last loss to those of the parameters.
  std::function<void()> backward;
  std::function<void()> clear_gradients;
  /// One step of the optimizer.
  std::function<void()> step;
};

/// A random number from 0 to limit - 1.
using Below = std::function<std::size_t(std::size_t limit)>;

struct Evaluation {
  double loss = 0;      ///< mean over the samples
  double accuracy = 0;  ///< share of the samples that are classified correctly
};

struct Epoch {
  double training_loss = 0;  ///< of `train_epoch`
  Evaluation test;
};

struct TrainingOptions {
  std::size_t epochs = 1;
  std::size_t batch_size = 32;
};

/// Fisher and Yates: for i = n-1, ..., 1 swaps elements i and below(i + 1). All orders are equally likely.
void shuffle(std::span<std::size_t> order, const Below& below);

/// Copies the samples at these positions, in this order: x (P, F) and y (P) for P positions.
void gather(const Data& data, std::span<const std::size_t> positions, std::span<double> x, std::span<std::size_t> y);

/// x = (x - mean) / deviation in place, with the mean and the standard deviation (divided by the count) of all numbers
/// of `train`, for both. Where the deviation is 0, x = x - mean.
void standardize(std::span<double> train, std::span<double> test);

/// How many of N samples have their largest logit (the first one, if several are equal) at their label: logits (N, K).
std::size_t count_correct(std::span<const double> logits, std::span<const std::size_t> labels);

/// One pass over the samples in this order, in batches of `batch_size`; the last one may be shorter. For each:
///     clear the gradients, forward in training mode, loss, backward, step
/// Returns the mean over the samples of the loss: the mean losses of the batches, weighted by their sizes.
double train_epoch(const Model& model, const Data& data, std::span<const std::size_t> order, std::size_t batch_size);

/// Loss and accuracy in inference mode, in batches in the order of the data. Changes nothing in the model.
Evaluation evaluate(const Model& model, const Data& data, std::size_t batch_size);

/// Trains for some epochs. The order is 0 ... N-1 at first; each epoch shuffles it again, from what the last epoch
/// left, trains on it, and evaluates on the test data.
std::vector<Epoch> fit(const Model& model, const Data& train, const Data& test, const TrainingOptions& options,
                       const Below& below);

}  // namespace student
