#pragma once  // internal

#include <gradus/layers/convolution/convolution_kernels.h>

namespace gradus::inline GRADUS_PRECISION {

// As in convolution_kernels.h, for as many groups and outputs as channels: products of vectors of channels.

void convolve_depthwise(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvolutionWindows& windows,
                        Tensor& y);
void convolve_depthwise_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows,
                                       Tensor& dx);
void convolve_depthwise_backward_kernel(const Tensor& x, const Tensor& dy, const ConvolutionWindows& windows,
                                        Tensor& dkernel);

}  // namespace gradus::inline GRADUS_PRECISION
