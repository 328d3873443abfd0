#include <gradus/layers/normalization/layer_normalization.h>

#include <gradus/autograd/normalization.h>
#include <gradus/autograd/tape.h>
#include <gradus/layers/normalization/row_kernels.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Variable layer_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon,
                             std::string_view context) {
  const Index features = check_normalization(context, x, gamma, beta);
  const Shape rows{x.value().size() / std::max<Index>(features, 1)};
  Tensor mean = Tensor::empty(rows);
  Tensor inv_std = Tensor::empty(rows);
  Tensor y = Tensor::empty(x.shape());
  normalize_rows(x.value(), gamma.value_if_any(), beta.value_if_any(), epsilon, mean, inv_std, y);
  return record("layer_normalization", y, {x, gamma, beta},
                [=, x = x.value(), gamma = gamma.value_if_any()](const Tensor& dy, Gradients& d) {
                  if (d.wanted(1) || d.wanted(2)) {
                    Tensor dgamma = d.out_or_scratch(1, {features});
                    Tensor dbeta = d.out_or_scratch(2, {features});
                    row_gradients(x, dy, mean, inv_std, dgamma, dbeta);
                  }
                  if (!d.wanted(0)) return;
                  Tensor dx = d.out(0);
                  normalize_rows_backward(x, dy, mean, inv_std, gamma, dx);
                });
}

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options)
    : SampleNormalization("layer_normalization", options, options.center) {}

Variable LayerNormalization::forward(const Variable& x, Mode) {
  return layer_normalization(x, gamma(), beta(), epsilon(), name());
}

}  // namespace gradus::inline GRADUS_PRECISION
