#pragma once  // internal

#include <gradus/core/tensor.h>
#include <gradus/layers/convolution/window.h>

namespace gradus::inline GRADUS_PRECISION {

/// The windows of a convolution of images (N, height, width, C) with a kernel (h, w, C / groups, O).
struct ConvolutionWindows {
  Window down;
  Window across;
  Index groups = 1;
};

// A window is read where it lies in the image, with its borders of zeros: no matrix of windows is made. The lines of a
// window are runs of the inner index of a tile (core/kernels/tile.h).

/// y = the sum over the windows of x times the kernel, plus the bias (O), if it is defined.
void convolve(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvolutionWindows& windows, Tensor& y);

/// The gradient with respect to x: the convolution of dy with the flipped kernel, for each position within a stride.
void convolve_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows, Tensor& dx);

/// The gradient with respect to the kernel. The order of additions depends on the sizes alone.
void convolve_backward_kernel(const Tensor& x, const Tensor& dy, const ConvolutionWindows& windows, Tensor& dkernel);

}  // namespace gradus::inline GRADUS_PRECISION
