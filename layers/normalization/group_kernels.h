#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

// In groups: x is N samples of P positions and C channels, which form `groups` runs of C / groups. A sample's group is
// normalized by the mean and biased variance of its P C / groups values, which go to mean and inv_std (N, C): every
// channel of a group has the same. All arrays below are walked channel after channel, whatever the width of a group.

void normalize_groups(const Tensor& x, Index groups, const Tensor& gamma, const Tensor& beta, Real epsilon,
                      Tensor& mean, Tensor& inv_std, Tensor& y);

/// dx = inv_std (d - mean(d) - xhat mean(d xhat)) with d = gamma dy and means over a sample's group; dbeta = sum(dy)
/// and dgamma = sum(dy xhat) (N, C) over the positions of each sample.
void normalize_groups_backward(const Tensor& x, const Tensor& dy, Index groups, const Tensor& mean,
                               const Tensor& inv_std, const Tensor& gamma, Tensor& dgamma, Tensor& dbeta, Tensor& dx);

}  // namespace gradus::inline GRADUS_PRECISION
