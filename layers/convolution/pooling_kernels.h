#pragma once  // internal

#include <gradus/core/kernels/normalization.h>
#include <gradus/layers/convolution/window.h>

namespace gradus::inline GRADUS_PRECISION {

// Windows of images (N, height, width, channels), each channel on its own.

void pool_maximum(const Tensor& x, const Window& down, const Window& across, Tensor& y);
/// dy goes to the first position of a window that holds its maximum.
void pool_maximum_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Window& down, const Window& across,
                           Tensor& dx);

/// The maximum of y of a normalization, and the x that it comes from, `source`; for windows side by side that cover the
/// images.
void pool_normalized(const Tensor& x, const ColumnNormalization& n, const Window& down, const Window& across,
                     Tensor& source, Tensor& y);
/// As normalize_columns_backward, with the gradient of z where it is the maximum of a window and 0 elsewhere.
void pool_normalized_backward(const Tensor& x, const Tensor& source, const ColumnNormalization& n, const Tensor& dy,
                              const Tensor& dgamma, const Tensor& dbeta, const Window& down, const Window& across,
                              Tensor& dx);

/// `count_padding`: divide by the size of a window, not by its positions in the image.
void pool_mean(const Tensor& x, const Window& down, const Window& across, bool count_padding, Tensor& y);
void pool_mean_backward(const Tensor& dy, const Window& down, const Window& across, bool count_padding, Tensor& dx);

}  // namespace gradus::inline GRADUS_PRECISION
