#!/usr/bin/env python3
"""Draws the embedded sample from the full MNIST: make_sample.py FOLDER (the four raw IDX files).

Of each class, 600 training and 100 test images at even distances through the file of origin, in the order of that
file. Even distances, because MNIST's files are not uniform: the first half of the test set is the easier one.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

PER_CLASS = {"train": 600, "t10k": 100}
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def read(folder, name):
    data = (folder / name).read_bytes()
    if hashlib.md5(data).hexdigest() != MD5[name]:
        sys.exit(f"{folder / name}: expected MD5 {MD5[name]}; this is not the original file")
    return data


def write(name, header, body):
    path = pathlib.Path(__file__).parent / f"{name}.gz"
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(header + body)
    print(f"{path.stat().st_size:8} {hashlib.md5(header + body).hexdigest()} {path.name}")


def main(folder):
    for part, per_class in PER_CLASS.items():
        images = read(folder, f"{part}-images-idx3-ubyte")[16:]
        labels = read(folder, f"{part}-labels-idx1-ubyte")[8:]
        chosen = []
        for digit in range(10):
            places = [i for i, label in enumerate(labels) if label == digit]
            chosen += [places[j * len(places) // per_class] for j in range(per_class)]
        chosen.sort()
        write(f"{part}-images-idx3-ubyte", struct.pack(">4I", 0x803, len(chosen), 28, 28),
              b"".join(images[784 * i:784 * (i + 1)] for i in chosen))
        write(f"{part}-labels-idx1-ubyte", struct.pack(">2I", 0x801, len(chosen)), bytes(labels[i] for i in chosen))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
