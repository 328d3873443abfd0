// Archives and arrays of NumPy.
#include "target.h"

#include <gradus/files/numpy.h>

#include <support/temporary_folder.h>

using namespace gradus;

void fuzz(Bytes bytes) {
  const MemoryFile file(bytes);
  accepted([&] { load_npz(file.path()); });
  accepted([&] { load_npy(file.path()); });
}

void make_seeds() {
  const TemporaryFolder folder;
  const SafeTensor tensors[]{{"a", Tensor::ones({2, 3})}, {"b", Tensor::zeros({40})}};
  save_npz(folder / "arrays.npz", tensors);
  seed(file_text(folder / "arrays.npz"));
  save_npy(folder / "array.npy", tensors[0].value);
  seed(file_text(folder / "array.npy"));
}
