#pragma once  // internal

#include <gradus/train/doctor/examination.h>
#include <gradus/train/doctor/initial_weights.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

/// What can be done about a finding.
struct Cure {
  std::string text;  ///< as code
  /// Does it, before a trial. Returns false where it cannot.
  std::function<bool(TrainingSetup&)> apply;
};

/// Makes the model anew from its configuration, as `change` leaves it, with the weights where they fit. False for a
/// model with layers that `make_layer` does not know, with frozen ones, or in the midst of training, where the
/// optimizer's state belongs to the old one.
class Blueprint {
 public:
  explicit Blueprint(Layer& model) : model_(model), config_(model.config()) {}

  void set(const Layer& layer, std::string_view option, const Config::Value& value);
  void swap(const Layer& a, const Layer& b);
  void replace(const Layer& layer, std::vector<Config> by);
  bool build(TrainingSetup& setup) const;

 private:
  Config* find(const Layer& wanted, Layer& layer, Config& config);

  Layer& model_;
  Config config_;
  bool complete_ = true;
};

/// Applies a change of the blueprint.
template <class Change>
std::function<bool(TrainingSetup&)> rebuilding(Change change) {
  return [change](TrainingSetup& setup) {
    Blueprint blueprint(*setup.model);
    change(blueprint);
    return blueprint.build(setup);
  };
}

/// The finding with this cure, untried.
Finding advised(Finding finding, const Cure& cure);

// Cures of several rules.
/// The learning rate times this factor, for all parameters.
Cure learning_rate(const Examination& examination, double factor);
/// Draws all kernels, or those of the layers given, anew. The biases become 0.
Cure initial_weights(const Examination& examination, const std::string& initializer, std::vector<Layer*> layers = {});
/// Another function in place of all hidden activations of this name.
Cure activations(const Examination& examination, const std::string& from, const std::string& to);
/// Batch normalization before all hidden activations that have none yet.
Cure normalized(const Examination& examination);
/// No batches that are not full.
Cure dropped_last();
/// Inputs of mean 0 and standard deviation 1.
Cure standardized();
/// Targets of mean 0 and standard deviation 1. The loss is that of the old ones, so that trials compare.
Cure standardized_targets(const Dataset& data);
/// One after the other.
Cure both(const Cure& first, const Cure& second);
/// No schedule, no clipping.
Cure without_callbacks();
/// An option of these layers.
Cure option(const std::vector<Layer*>& layers, const std::string& name, const Config::Value& value, std::string text);

/// Trial `i` of more steps with nothing changed: with initial weights, batches and masks of its own.
const Baseline& longer_steps(Examination& examination, std::size_t i);
/// Whether the loss after a trial is below `share` of what it is with nothing changed, by more than a trifle.
bool gains(const Examination& examination, const Baseline& unchanged, const Trial& trial, double share);
/// Whether the loss of a step was 10 times that of the start or of outputs of 0, and did not come back.
bool diverges(const Examination& examination, const Baseline& unchanged, const Trial& trial);
/// Geometric means over trials of more steps, each with other initial weights, batches and masks.
struct Comparison {
  double now;    ///< the loss with nothing changed
  double then;   ///< and with the cure
  bool in_each;  ///< whether it gains in each of the trials
};
/// None if the cure cannot be applied.
std::optional<Comparison> compare(Examination& examination, const Cure& cure, double share);

/// What a rule reads from the model is a fact: its cure has to help on average, and it stands where none can be tried.
/// What it reads from a loss is a symptom: its cure has to help in each trial. At a standstill, only in the longer
/// ones.
enum class Kind { fact, symptom, standstill };
/// Adds the finding with the best of the cures, by trial steps; of those that help about as much, the first. If none
/// helps, the finding is left out, unless it has a cure of its own already. Returns whether it was added.
bool treat(Examination& examination, Finding finding, const std::vector<Cure>& cures, Kind kind, double share = 0.8);

}  // namespace gradus::inline GRADUS_PRECISION
