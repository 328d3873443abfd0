#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// What all normalizations share: an epsilon, and gamma and beta for the features or channels, the last axis, each of
/// which may be left out.
class Normalization : public Layer {
 protected:
  /// Gamma and beta by the names of their initializers, "" for none. Throws ValueError, starting with [context], unless
  /// epsilon is above 0, and for an unknown initializer.
  Normalization(std::string_view context, double epsilon, std::string gamma_initializer, std::string beta_initializer);

  void create_parameters(const Shape& input_shape) override;

  Real epsilon() const { return epsilon_; }
  /// Undefined where there is none.
  Variable gamma() const { return gamma_ == nullptr ? Variable{} : Variable(*gamma_); }
  Variable beta() const { return beta_ == nullptr ? Variable{} : Variable(*beta_); }

 private:
  Real epsilon_;
  std::string gamma_initializer_;
  std::string beta_initializer_;
  Parameter* gamma_ = nullptr;
  Parameter* beta_ = nullptr;
};

}  // namespace gradus::inline GRADUS_PRECISION
