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
SHA256 = {
    "digits": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "clothing": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}


def read(sample, folder, name):
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    if hashlib.sha256(data).hexdigest() != SHA256[sample][name]:
        sys.exit(f"{path}: expected SHA-256 {SHA256[sample][name]}; the file is not the original")
    return data


def write(sample, name, header, body):
    path = pathlib.Path(__file__).parent / FOLDERS[sample] / f"{name}.gz"
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(header + body)
    print(f"{path.stat().st_size:8} {hashlib.sha256(header + body).hexdigest()} {path.name}")


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
