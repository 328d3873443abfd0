"""Networks that begin in gradus and go on in PyTorch, and the reverse.

    exchange.py PROGRAM FOLDER

PROGRAM is pytorch_exchange, in single or double precision, whose head says which files there are. Five steps in one
framework, ten more in both, from the same weights, on the same batches, with optimizers that begin anew: outputs agree
to 1e-6. Ends with 77 if there is no PyTorch.
"""
import json
import pathlib
import subprocess
import sys

try:
    import numpy
    import torch
    from torch import nn
except ImportError:
    print("skipped: no Python package torch; on Debian: apt-get install python3-torch")
    sys.exit(77)

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
TYPES = {"F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64}
STEPS_BEFORE = 5
TOLERANCE = 1e-6


def read(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, data = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def write(path, tensors):
    names = {numpy.dtype(dtype): name for name, dtype in TYPES.items()}
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().numpy()
        parts.append(values.tobytes())
        begin, end = end, end + len(parts[-1])
        header[name] = {"dtype": names[values.dtype], "shape": values.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4, momentum=None))
        self.head = nn.Linear(4, 3, bias=False)
        self.offset = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return self.head(nn.functional.softplus(self.encoder(x)).mean((2, 3))) + self.offset


NETWORKS = {
    "features": lambda: nn.Sequential(
        nn.Linear(12, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0),
        nn.Linear(16, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, 3),
    ),
    "images": lambda: nn.Sequential(
        nn.Conv2d(3, 6, (3, 2), padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.ELU(), nn.GroupNorm(2, 6), nn.SiLU(), nn.Flatten(),
        nn.BatchNorm1d(72), nn.Linear(72, 8), nn.GELU(), nn.Linear(8, 3),
    ),
    "names": Named,
}  # fmt: skip


def make_optimizer(name, parameters):
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-3)
    return torch.optim.Adam(parameters)


def channels_first(x):
    return x.movedim(-1, -3) if x.dim() >= 4 else x


def train(model, optimizer_name, data, begin, end):
    optimizer = make_optimizer(optimizer_name, model.parameters())
    model.train()
    for x, labels in zip(data["inputs"][begin:end], data["labels"][begin:end]):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(channels_first(x)), labels.long()).backward()
        optimizer.step()


def outputs(model, data):
    model.eval()
    with torch.no_grad():
        return model(channels_first(data["test"]))


def exchange(network, optimizer):
    """Goes on with what gradus has trained, and begins for gradus. Returns whether the outputs agree."""

    def path(kind):
        return folder / f"{network}.{optimizer}.{kind}.safetensors"

    data = read(path("data"))
    model = NETWORKS[network]().to(data["test"].dtype)
    model.load_state_dict(read(path("gradus")))  # strict
    train(model, optimizer, data, STEPS_BEFORE, len(data["inputs"]))
    largest = (outputs(model, data) - read(path("gradus_outputs"))["outputs"]).abs().max().item()
    agrees = largest <= TOLERANCE
    print(f"{network:10} {optimizer:5} gradus to PyTorch: {largest:.1e}{'' if agrees else '  FAILED'}")

    model = NETWORKS[network]().to(data["test"].dtype)
    train(model, optimizer, data, 0, STEPS_BEFORE)
    write(path("torch"), model.state_dict())
    train(model, optimizer, data, STEPS_BEFORE, len(data["inputs"]))
    write(path("torch_outputs"), {"outputs": outputs(model, data)})
    return agrees


torch.manual_seed(1)
folder.mkdir(parents=True, exist_ok=True)
subprocess.run([program, "begin", folder], check=True)
agree = [exchange(network, optimizer) for network in NETWORKS for optimizer in ("sgd", "adam")]
sys.stdout.flush()
finished = subprocess.run([program, "finish", folder])
sys.exit(0 if all(agree) and finished.returncode == 0 else 1)
