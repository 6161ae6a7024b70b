"""What others make of the nets that `npm run bench -- peers FOLDER/` has written: python bench/peers/peers.py FOLDER

Writes NET.PASS.PEER.onnx beside each net; the same command of the bench then measures them. A peer that fails is told and
leaves no file. Needs numpy, onnx, onnxruntime and, for its row, onnxsim, in an environment of one's own.
"""

import base64
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process


class Samples(CalibrationDataReader):
    def __init__(self, path):
        self.samples = iter(
            {
                part["input"]: np.frombuffer(base64.b64decode(part["floats"]), np.float32).reshape(part["dims"])
                for part in sample
            }
            for sample in json.loads(path.read_text())
        )

    def get_next(self):
        return next(self.samples, None)


def lifted(path, folder):
    model = onnx.load(path)
    if model.opset_import[0].version >= 13:
        return path
    target = folder / f"{path.stem}.lifted.tmp"
    onnx.save(onnx.version_converter.convert_version(model, 13), target)
    return target


def quantizer(path, folder, out):
    prepared = folder / f"{path.stem}.prepared.tmp"
    quant_pre_process(str(lifted(path, folder)), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(out),
        Samples(path.with_suffix(".json")),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def pruner(path, folder, out):
    import onnxsim
    import onnxsim.pruning as pruning

    model = onnx.load(path)
    if any(node.op_type == "Constant" for node in model.graph.node):  # It does not look for weights there.
        model, _ = onnxsim.simplify(model)
    model = onnx.shape_inference.infer_shapes(model)
    result = pruning.apply_structured_pruning(model, 0.5)
    onnx.save(result[0] if isinstance(result, tuple) else result, out)


def main(folder):
    peers = [("quantize", f"onnxruntime-{onnxruntime.__version__}", quantizer)]
    try:
        import onnxsim

        peers.append(("prune", f"onnxsim-{onnxsim.__version__}", pruner))
    except ImportError:
        print("onnxsim is not installed: its rows are left out")
    for path in sorted(folder.glob("*.json")):
        for name, peer, make in peers:
            out = folder / f"{path.stem}.{name}.{peer}.onnx"
            try:
                make(path.with_suffix(".onnx"), folder, out)
                print(f"{out.name}: {out.stat().st_size} bytes")
            except Exception as error:  # Whatever a peer stops at is its result.
                out.unlink(missing_ok=True)
                print(f"{path.stem}: {peer} failed: {type(error).__name__}: {str(error)[:160]}")


main(pathlib.Path(sys.argv[1]))
