#!/usr/bin/env python3
"""Writes an embedded sample of the full data set: make_sample.py digits|clothing FOLDER (four IDX files, raw or .gz).

Takes a fixed number of training and test images of each class, evenly spaced and in the order of the original file.
Evenly spaced, because the files of MNIST are not uniform: the first half of the test set is easier.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

FOLDERS = {"digits": "digits", "clothing": "images/clothing"}
PER_CLASS = {"digits": {"train": 600, "t10k": 100}, "clothing": {"train": 50, "t10k": 50}}
MD5 = {
    "digits": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
    "clothing": {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    },
}


def read(sample, folder, name):
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    if hashlib.md5(data).hexdigest() != MD5[sample][name]:
        sys.exit(f"{path}: expected MD5 {MD5[sample][name]}; the file is not the original")
    return data


def write(sample, name, header, body):
    path = pathlib.Path(__file__).parent / FOLDERS[sample] / f"{name}.gz"
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(header + body)
    print(f"{path.stat().st_size:8} {hashlib.md5(header + body).hexdigest()} {path.name}")


def main(sample, folder):
    for part, per_class in PER_CLASS[sample].items():
        images = read(sample, folder, f"{part}-images-idx3-ubyte")[16:]
        labels = read(sample, folder, f"{part}-labels-idx1-ubyte")[8:]
        chosen = []
        for digit in range(10):
            positions = [i for i, label in enumerate(labels) if label == digit]
            chosen += [positions[j * len(positions) // per_class] for j in range(per_class)]
        chosen.sort()
        write(sample, f"{part}-images-idx3-ubyte", struct.pack(">4I", 0x803, len(chosen), 28, 28),
              b"".join(images[784 * i:784 * (i + 1)] for i in chosen))
        write(sample, f"{part}-labels-idx1-ubyte", struct.pack(">2I", 0x801, len(chosen)), bytes(labels[i] for i in chosen))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
