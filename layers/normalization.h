#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// What all normalizations share: gamma and beta for the features or channels, the last axis, each of which may be left
/// out, and an epsilon.
class Normalization : public Layer {
 protected:
  /// Throws ValueError, with `place`, unless epsilon is above 0.
  static void check_epsilon(std::string_view place, double epsilon);

  /// Adds gamma and beta for samples of that shape, by the names of their initializers; none for an empty name.
  void create_gamma_and_beta(const Shape& input_shape, const std::string& gamma, const std::string& beta);

  /// Undefined where there is none.
  Variable gamma() const { return gamma_ == nullptr ? Variable{} : Variable(*gamma_); }
  Variable beta() const { return beta_ == nullptr ? Variable{} : Variable(*beta_); }

 private:
  Parameter* gamma_ = nullptr;
  Parameter* beta_ = nullptr;
};

}  // namespace gradus::inline GRADUS_PRECISION
