#pragma once  // internal

#include <gradus/layers/batch_normalization.h>
#include <gradus/train/doctor/doctor.h>
#include <gradus/train/doctor/trial.h>

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

// How `diagnose` is put together: `record_calls` finds out what calls what, `take_first_steps` trains as the user
// would, the rules read both, and `treat` tries what they advise.

namespace gradus::inline GRADUS_PRECISION {

using Findings = std::vector<Finding>;

/// A layer that computes something itself, and the one whose output it takes, if that is known.
struct Place {
  Layer* layer;
  Layer* before;
};

/// Without a cure yet.
inline Finding finding_of(std::string rule, std::string where, std::string what, std::string why) {
  return {std::move(rule), std::move(where), std::move(what), std::move(why), {}};
}

struct Moments {
  double mean = 0;
  double variance = 0;
};
/// Of every feature, the last axis, over all others.
std::vector<Moments> feature_moments(const Tensor& x);
/// Of all targets together.
Moments moments_of_targets(const Dataset& data);

/// Steps with nothing changed.
struct Baseline {
  double start = 0;  ///< the loss before the first step, as `Trial::after` is measured
  Trial trial{};
};

/// What the trial steps found, with nothing changed.
struct FirstSteps : Baseline {
  double loss_of_zeros = 0;  ///< of outputs of 0
  double rate = 0;           ///< of the first step
  double last_rate = 0;      ///< of the last step
  bool scheduled = false;    ///< whether a callback has set the learning rate
  double penalty = 0;        ///< of the regularizers, before the first step
  double deviation = 0;      ///< of the outputs from sample to sample, before the first step
  /// The loss in inference, with moving statistics that hold the share of their initial values that they will have.
  double with_initial_statistics = 0;
  struct Kernel {
    const Parameter* parameter;
    double squares = 0;         ///< the sum of the squares of its gradients
    bool equal_columns = true;  ///< whether all columns of its gradients were equal, in every step
  };
  std::vector<Kernel> kernels;  ///< that can be trained
  struct Units {
    Layer* layer;
    Index count;
    double dead;       ///< share that is 0 for every sample
    double saturated;  ///< share of the outputs beyond 0.99 of the function's range
  };
  std::vector<Units> units;  ///< of hidden activations
};

struct Examination {
  Layer& model;
  const DiagnoseOptions& options;
  Loss loss;
  std::vector<Place> places{};                                 ///< in the order of their calls
  Layer* last = nullptr;                                       ///< whose output is the model's, if that is known
  std::unordered_map<const Layer*, std::string> operations{};  ///< the one that made the layer's output
  /// Of what a normalization or a dropout gets in training: root mean square of the means of its features, and mean of
  /// their variances. Of the data, if there are any.
  std::vector<std::pair<const Layer*, Moments>> inputs{};
  std::vector<Moments> first_inputs{};      ///< of what the first kernel gets
  Index steps = 0;                          ///< of a trial
  Index long_steps = 0;                     ///< of a trial that confirms another
  std::vector<Layer*> drawn{};              ///< whose weights are drawn anew for each trial that confirms
  std::deque<Baseline> longer{};            ///< with other draws, batches and masks, when first needed; stay in place
  std::optional<FirstSteps> first_steps{};  ///< none if they cannot be taken
  bool explained = false;                   ///< a cure that helped has been found, so that symptoms have a cause
  Findings findings{};

  bool trained() const;  ///< whether the weights are known not to be initial ones
  Layer* before(const Layer& layer) const;
  /// The activation function at the end of a layer, also one that a custom layer calls.
  std::string function_of(const Layer& layer) const;
  Moments inputs_of(const Layer& layer) const;
};

/// How many samples each class has.
std::vector<Index> class_counts(const Dataset& data);
/// The classes without a sample, by commas.
std::string absent_classes(const std::vector<Index>& counts);
/// The bytes of the samples' inputs, each once.
std::unordered_set<std::string> rows_of(const Dataset& data);
/// An option of a layer, from its configuration.
template <class T>
T option_of(const Layer& layer, std::string_view name, T otherwise = {}) {
  for (const auto& [option, value] : layer.config().options) {
    if (option == name && std::holds_alternative<T>(value)) return std::get<T>(value);
  }
  return otherwise;
}
/// Whether it has a kernel and options as a Dense has: a convolution, too.
bool has_kernel(const Layer& layer);
/// The option of a layer that names its activation function.
const char* activation_option(const Layer& layer);
/// The function's name, "linear" for layers that have none.
std::string activation_of(const Layer& layer);
/// Whether all columns of a kernel or of its gradient are equal, or all elements of a vector.
bool has_equal_columns(const Tensor& weights);
/// Null unless the layer normalizes with the statistics of the batch.
BatchNormalization* by_batch(Layer* layer);
/// Whether the moving statistics are not their initial values.
bool moved(BatchNormalization& normalization);
/// As many steps as are planned before the first evaluation; 0 if that is not known.
Index planned_steps(const DiagnoseOptions& options);
/// What will be left of the initial values in the moving statistics after these steps; 0 if that is not known.
double initial_share(const Examination& examination, BatchNormalization& normalization);

void record_calls(Examination& examination);
void take_first_steps(Examination& examination);

// The rules, by family.
void examine_normalization(Examination& examination);
void examine_structure(Examination& examination);
void examine_data(Examination& examination);
void examine_labels(Examination& examination);
void examine_validation(Examination& examination);
void examine_first_steps(Examination& examination);
/// Those that the options ask for.
void make_checks(Examination& examination);

}  // namespace gradus::inline GRADUS_PRECISION
