#pragma once

#include <gradus/layers/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// A normalization whose statistics are those of the sample: it computes the same in training and inference.
/// The options are an aggregate with `epsilon` and `scale`.
template <class Options>
class SampleNormalization : public Normalization {
 public:
  Config config() const override { return config_of(type(), options_); }

 protected:
  /// `center`: whether there is a beta.
  SampleNormalization(std::string_view context, const Options& options, bool center)
      : Normalization(context, options.epsilon, options.scale ? "ones" : "", center ? "zeros" : ""),
        options_(options) {}

  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace gradus::inline GRADUS_PRECISION
