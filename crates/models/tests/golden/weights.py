"""Writes weights/: one small network's weights in every format that people have, and files that nobody should trust.

    python crates/models/tests/golden/weights.py

Values are the formula of generate.py, so that the Rust tests rebuild them. Made with torch 2.11.0 and safetensors 0.8.0.
"""

import argparse
import collections
import json
import os
import struct
from pathlib import Path

import torch
from safetensors.torch import save_file

from generate import formula

FOLDER = Path(__file__).parent / "weights"
WIDTH, CLASSES = 2, 3


def shapes() -> dict[str, tuple[int, ...]]:
    """Those of a ResNet-8 for small images, two channels wide: torchvision's names."""
    found: dict[str, tuple[int, ...]] = {}

    def norm(name: str, channels: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{name}.{part}"] = (channels,)
        found[f"{name}.num_batches_tracked"] = ()

    found["conv1.weight"] = (WIDTH, 3, 3, 3)
    norm("bn1", WIDTH)
    channels = WIDTH
    for stage in (1, 2, 3):
        width, block = WIDTH << (stage - 1), f"layer{stage}.0"
        found[f"{block}.conv1.weight"] = (width, channels, 3, 3)
        norm(f"{block}.bn1", width)
        found[f"{block}.conv2.weight"] = (width, width, 3, 3)
        norm(f"{block}.bn2", width)
        if channels != width:
            found[f"{block}.downsample.0.weight"] = (width, channels, 1, 1)
            norm(f"{block}.downsample.1", width)
        channels = width
    found["fc.weight"], found["fc.bias"] = (CLASSES, channels), (CLASSES,)
    return found


def tensor(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor(7) if key.endswith("num_batches_tracked") else formula(key, shape).float()


class Command:
    """What a pickle can do to whoever loads it."""

    def __reduce__(self):  # noqa: ANN204
        return os.system, ("touch /tmp/executed-by-a-file-of-weights",)


def safetensors(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def hostile() -> None:
    def f32(start: int, end: int) -> dict:
        return {"dtype": "F32", "shape": [(end - start) // 4], "data_offsets": [start, end]}

    files = {
        "overlapping": safetensors({"a": f32(0, 8), "b": f32(4, 12)}, bytes(12)),
        "outside": safetensors({"a": f32(0, 4_000_000_000)}, bytes(12)),
        "overflowing": safetensors(
            {"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 12]}}, bytes(12)
        ),
        "gigantic-header": struct.pack("<Q", 90_000_000) + b'{"a":' + bytes(64),
    }
    for name, content in files.items():
        (FOLDER / f"{name}.safetensors").write_bytes(content)
    torch.save({"conv1.weight": torch.zeros(2), "notes": Command()}, FOLDER / "code.pth")
    # A view of four numbers that claims to be a gigabyte of them.
    torch.save({"conv1.weight": torch.zeros(4).as_strided((2**28,), (0,))}, FOLDER / "expanded.pth")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    state = collections.OrderedDict((key, tensor(key, shape)) for key, shape in shapes().items())
    torch.save(state, FOLDER / "zip.pth")
    torch.save(state, FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in state.items()}, FOLDER / "f16.pth")
    save_file({k: v.bfloat16() if v.is_floating_point() else v for k, v in state.items()}, FOLDER / "bf16.safetensors")
    wrapped = {
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1),
        "state_dict": collections.OrderedDict((f"module.{key}", value) for key, value in state.items()),
        "optimizer": {"state": {0: {"momentum_buffer": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]},
    }
    torch.save(wrapped, FOLDER / "wrapped.pth")
    hostile()


if __name__ == "__main__":
    main()
