"""Checks every ONNX file of a folder and compares onnxruntime's logits with those beside it.

    pip install onnx onnxruntime
    python crates/models/tests/peers/run_onnx.py FOLDER

NAME.onnx comes with NAME.shape (of the input), NAME.input and NAME.logits (little-endian 32-bit floats).
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

# Largest difference over the largest logit.
TOLERANCE = 1e-4


def off(path: Path) -> float:
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    notes = session.get_modelmeta().custom_metadata_map
    if notes != {"classes": "a, b"}:
        raise SystemExit(f"{path.name}: notes {notes}")
    floats = lambda extension: np.fromfile(path.with_suffix(extension), "<f4")
    images = floats(".input").reshape(json.loads(path.with_suffix(".shape").read_text()))
    (logits,) = session.run(["logits"], {"images": images})
    expected = floats(".logits").reshape(len(images), -1)
    if logits.shape != expected.shape:
        raise SystemExit(f"{path.name}: shape {logits.shape}, not {expected.shape}")
    return float(np.abs(logits - expected).max() / np.abs(expected).max())


def main() -> None:
    paths = sorted(Path(sys.argv[1]).glob("*.onnx"))
    worst = {path.name: off(path) for path in paths}
    for name, value in worst.items():
        print(f"{name}: {value:.1e}")
    if not worst or max(worst.values()) > TOLERANCE:
        raise SystemExit("these differ by more than 1e-4 of the largest logit")


if __name__ == "__main__":
    main()
