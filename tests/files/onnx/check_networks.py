"""Checks the networks that onnx_networks wrote by the checker of the onnx package: types, attributes, shapes.

    check_networks.py FOLDER

Ends with 77 if there is no onnx package.
"""
import json
import pathlib
import sys

try:
    import onnx
except ImportError:
    print("skipped: no Python package onnx; on Debian: apt-get install python3-onnx")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
networks = json.loads((folder / "networks.json").read_text())
failed = 0
for network in networks:
    model = onnx.load(folder / network["file"])
    try:
        onnx.checker.check_model(model, full_check=True)
        opset = [(entry.domain, entry.version) for entry in model.opset_import]
        assert opset == [("", 17)], f"opset {opset}"
        batch = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
        assert batch == "batch", f"a batch of fixed size, '{batch}'"
    except Exception as error:  # of several types
        print(f"{network['name']} ({network['file']}): {error}")
        failed += 1
print(f"{len(networks) - failed} of {len(networks)} networks are valid (onnx {onnx.__version__})")
sys.exit(0 if failed == 0 and len(networks) >= 60 else 1)
