#pragma once  // internal

#include <gradus/train/doctor/doctor.h>

// How `diagnose` is put together.

namespace gradus::inline GRADUS_PRECISION {

using Findings = std::vector<Finding>;

/// A layer that is no Sequential, and the one whose output it takes, if that is known.
struct Place {
  Layer* layer;
  Layer* before;
};

struct Examination {
  Layer& model;
  const DiagnoseOptions& options;
  std::string loss;
  std::vector<Place> places{};  ///< in the order of the model
  Layer* last = nullptr;        ///< whose output is the model's, if that is known
};

/// The name of a layer's activation function, its own or that of a Dense; "linear" for all other layers.
std::string activation_of(const Layer& layer);

struct Moments {
  double mean = 0;
  double variance = 0;
};
/// Root mean square of the means, and mean of the variances, of the features that the layer gets in training.
Moments training_input_moments(const Examination& examination, const Layer& layer);

void examine_structure(const Examination& examination, Findings& findings);
void examine_data(const Examination& examination, Findings& findings);
void examine_first_steps(const Examination& examination, Findings& findings);

}  // namespace gradus::inline GRADUS_PRECISION
