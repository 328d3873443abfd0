#pragma once

#include <gradus/files/safetensors.h>

#include <filesystem>
#include <span>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Writes a tensor as a file of NumPy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
/// `numpy.load(path)` has the same shape and the same values, of type float32 or float64 like the build. Format version
/// 1.0, row-major. Same input, same bytes. Saves with `write_atomically` and throws FileError as it does, and for a
/// default-constructed tensor.
void save_npy(const std::filesystem::path& path, const Tensor& tensor);

/// Reads an array of `numpy.save`: format versions 1.0 to 3.0, row-major or column-major (Fortran order), little-endian
/// or big-endian. Types: f8, f4, f2, i1 to i8, u1 to u8 and b1, converted to Real. f8 is rounded to float in a float
/// build; all other values must be exact. Elements may be NaN or infinite. Throws FileError for other types, more than
/// 6 axes and invalid files.
Tensor load_npy(const std::filesystem::path& path);

/// Writes named tensors as an archive of NumPy: `numpy.load(path)["name"]`. A zip file without compression, in the
/// order of the tensors. Same input, same bytes. Throws FileError as `save_npy` and `write_safetensors` do, and for
/// more than 4 GiB or 65,534 tensors, which need the format zip64.
void save_npz(const std::filesystem::path& path, std::span<const SafeTensor> tensors);

/// Reads an archive of `numpy.savez` or `numpy.savez_compressed`, in its order, and verifies its checksums. Throws
/// FileError as `load_npy` does; for zip64, encryption, compression other than deflate, entries that overlap, and names
/// that do not end with .npy; and for tensors of more than 16 MiB and 16 times the file: a small file cannot take much
/// memory.
std::vector<SafeTensor> load_npz(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
