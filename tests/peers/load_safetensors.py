"""Loads a .safetensors file into torchvision's model, strictly, and prints eval-mode logits as JSON.

The check that exported weights are PyTorch's without a conversion: same keys, same shapes, same answer. The input is the
formula's tensor "input" (crates/models/tests/golden/generate.py), which the Rust test rebuilds. "dtypes" counts the file's
tensors by type, because load_state_dict converts types silently; a missing num_batches_tracked also passes as strict, so
"missing_counters" counts those.

    python tests/peers/load_safetensors.py model.safetensors resnet50 10 --size 64
    python tests/peers/load_safetensors.py model.safetensors resnet18 10 --small-stem --size 32
"""

import argparse
import collections
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "crates/models/tests/golden"))
from generate import build, digits, formula  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("arch", help="torchvision's name, such as resnet50")
    parser.add_argument("num_classes", type=int)
    parser.add_argument("--small-stem", action="store_true", help="3x3 stem of stride 1, no max-pool")
    parser.add_argument("--size", type=int, default=64, help="height and width of the input")
    parser.add_argument("--batch", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(2)
    state = load_file(args.file)
    model = build(args.arch, args.num_classes, args.small_stem)
    counters = [key for key in model.state_dict() if key.endswith("num_batches_tracked")]
    model.load_state_dict(state, strict=True)
    model.eval()
    with torch.inference_mode():
        logits = model(formula("input", (args.batch, 3, args.size, args.size)))
    print(json.dumps({
        "torch": torch.__version__,
        "arch": args.arch,
        "tensors": len(state),
        "dtypes": dict(collections.Counter(str(t.dtype).removeprefix("torch.") for t in state.values())),
        "missing_counters": sum(key not in state for key in counters),
        "logits": digits(logits),
    }, allow_nan=False))


if __name__ == "__main__":
    main()
