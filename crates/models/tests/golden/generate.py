"""Golden values of torchvision's ResNets: keys, shapes, parameter counts and eval-mode logits.

The weights come from a formula over the key and the element's position, so the Rust tests rebuild them bit for bit and no
weight file is stored. The formula lives here only; the other Python programs of this repository import it from this file.
Every value is computed in float64, in the order of operations written below, and rounded once to float32.

    python crates/models/tests/golden/generate.py    # rewrites resnet.json beside it; torch and torchvision, one minute
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torchvision

ARCHS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def uniform(key: str, count: int) -> np.ndarray:
    """`count` float64 values in [-1, 1) that depend on `key` alone: FNV-1a of the key seeds a splitmix64 sequence."""
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return 2.0 * ((z >> np.uint64(40)).astype(np.float64) / 2**24) - 1.0


def formula(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The float32 tensor named `key`: a torchvision state_dict key, or "input"."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    v = uniform(key, math.prod(shape))
    if key == "input":
        values = v
    elif key == "fc.weight":
        values = v / math.sqrt(shape[1])
    elif len(shape) == 4:
        values = v * math.sqrt(3.0) * math.sqrt(2.0 / (shape[0] * shape[2] * shape[3]))
    elif key.endswith("running_var"):
        values = 1.0 + 0.2 * v
    elif key.endswith(("running_mean", "bias")):
        values = 0.1 * v
    else:
        values = 0.5 + 0.1 * v
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def build(arch: str, num_classes: int, small_stem: bool = False) -> torch.nn.Module:
    """torchvision's model; `small_stem` is the usual change for 32x32 pictures."""
    model = getattr(torchvision.models, arch)(weights=None, num_classes=num_classes)
    if small_stem:
        model.conv1 = torch.nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
        model.maxpool = torch.nn.Identity()
    return model


def load_formula(model: torch.nn.Module) -> torch.nn.Module:
    """Fills every parameter and buffer from the formula."""
    model.load_state_dict({key: formula(key, tuple(value.shape)) for key, value in model.state_dict().items()}, strict=True)
    return model


def digits(values: torch.Tensor) -> list:
    """Nested lists with nine significant digits, which is enough to give back any float32."""
    if values.dim() > 0:
        return [digits(v) for v in values]
    return float(f"{values.item():.9g}")


@torch.no_grad()
def logits(model: torch.nn.Module, shape: tuple[int, ...]) -> dict:
    """Eval-mode logits for the formula's input, and how far float32 is from float64, over the largest logit."""
    model.eval()
    x = formula("input", shape)
    single = model(x)
    double = model.double()(x.double())
    noise = (single - double).abs().max() / double.abs().max()
    return {"input": list(shape), "logits": digits(single), "noise": float(f"{noise.item():.2g}")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("resnet.json"))
    args = parser.parse_args()
    torch.set_num_threads(2)

    models = {}
    for arch in ARCHS:
        model = load_formula(build(arch, 10))
        models[arch] = {
            "parameters": sum(p.numel() for p in build(arch, 1000).parameters() if p.requires_grad),
            "tensors": [[key, list(value.shape)] for key, value in model.state_dict().items()],
            **logits(model, (2, 3, 64, 64)),
        }
    golden = {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        # Lets a failing test tell a wrong formula from a wrong model.
        "formula": {
            "input": digits(formula("input", (1, 1, 1, 4)).flatten()),
            "conv1.weight": digits(formula("conv1.weight", (64, 3, 7, 7)).flatten()[:4]),
            "fc.weight": digits(formula("fc.weight", (10, 512)).flatten()[:4]),
            "bn1.running_var": digits(formula("bn1.running_var", (64,))[:4]),
        },
        "models": models,
        "small_stem": {"resnet18": logits(load_formula(build("resnet18", 10, small_stem=True)), (2, 3, 32, 32))},
    }
    args.out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
