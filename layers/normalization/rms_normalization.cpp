#include <gradus/layers/normalization/rms_normalization.h>

#include <gradus/autograd/normalization.h>
#include <gradus/autograd/tape.h>
#include <gradus/layers/normalization/row_kernels.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Variable rms_normalization(const Variable& x, const Variable& gamma, Real epsilon, std::string_view context) {
  const Index features = check_normalization(context, x, gamma, {});
  Tensor no_mean;
  const Tensor no_beta;
  Tensor inv_std = Tensor::empty({x.value().size() / std::max<Index>(features, 1)});
  Tensor y = Tensor::empty(x.shape());
  normalize_rows(x.value(), gamma.value_if_any(), no_beta, epsilon, no_mean, inv_std, y);
  return record("rms_normalization", y, {x, gamma},
                [inv_std, x = x.value(), gamma = gamma.value_if_any()](const Tensor& dy, Gradients& d) {
                  Tensor unused;
                  if (d.wanted(1)) {
                    Tensor dgamma = d.out(1);
                    row_gradients(x, dy, unused, inv_std, dgamma, unused);
                  }
                  if (!d.wanted(0)) return;
                  Tensor dx = d.out(0);
                  normalize_rows_backward(x, dy, unused, inv_std, gamma, dx);
                });
}

RMSNormalization::RMSNormalization(const RMSNormalizationOptions& options)
    : SampleNormalization("rms_normalization", options, false) {}

Variable RMSNormalization::forward(const Variable& x, Mode) { return rms_normalization(x, gamma(), epsilon(), name()); }

}  // namespace gradus::inline GRADUS_PRECISION
