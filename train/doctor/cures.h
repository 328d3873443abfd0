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
  void replace(const Layer& layer, std::vector<Config> by);
  bool build(TrainingSetup& setup) const;

 private:
  Config* find(const Layer& wanted, Layer& layer, Config& config);

  Layer& model_;
  Config config_;
  bool complete_ = true;
};

// Cures of several rules.
/// The learning rate times this factor, for all parameters.
Cure learning_rate(const Examination& examination, double factor);
/// Draws the kernels of all Dense layers, or of those given, anew. The biases become 0.
Cure initial_weights(const Examination& examination, const std::string& initializer, std::vector<Layer*> layers = {});
/// Another function in place of all hidden activations of this name.
Cure activations(const Examination& examination, const std::string& from, const std::string& to);
/// Batch normalization before all hidden activations that have none yet.
Cure normalized(const Examination& examination);
/// Inputs of mean 0 and standard deviation 1.
Cure standardized();
/// Targets of mean 0 and standard deviation 1. The loss is given in units of the old ones, so that trials compare: for
/// the mean squared error.
Cure standardized_targets(const Dataset& data);
/// One after the other.
Cure both(const Cure& first, const Cure& second);
/// No schedule, no clipping.
Cure without_callbacks();
/// An option of these layers.
Cure option(const std::vector<Layer*>& layers, const std::string& name, const Config::Value& value, std::string text);

/// Whether the loss after a trial is below `share` of what it is with nothing changed, by more than a trifle.
bool gains(const Examination& examination, const Baseline& unchanged, const Trial& trial, double share);
/// Whether the loss of a step was 10 times that of the start or of outputs of 0, and did not come back.
bool diverges(const Examination& examination, const Baseline& unchanged, const Trial& trial);
/// Whether it gains too in trials of more steps, with other initial weights, batches and masks.
bool is_confirmed(Examination& examination, const Cure& cure, double share);

enum class Untried { keep, drop };
/// Adds the finding with the best of the cures, by trial steps; of those that help about as much, the first. If some
/// could be tried and none helps, the finding is left out, unless it has a cure of its own already; if none could be
/// tried, `untried` decides, and the first is the cure.
void treat(Examination& examination, Finding finding, const std::vector<Cure>& cures, Untried untried,
           double share = 0.8);

}  // namespace gradus::inline GRADUS_PRECISION
