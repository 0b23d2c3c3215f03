"""Golden values of Grad-CAM: autograd on timm's networks with weights by formula, by a hook on the last stage.

    pip install timm==1.0.31
    python crates/models/tests/golden/grad_cam.py    # rewrites grad_cam.json beside it, seconds
"""

import json
from pathlib import Path

import timm
import torch
import torch.nn.functional as F

from families import CASES, CLASSES, digits
from generate import formula, load_formula

# A case of families.py and an input whose last feature map has several places.
INPUTS = {
    "d": (2, 3, 64, 96),
    "silu_gray": (2, 1, 64, 96),
    "gelu_cat": (2, 4, 64, 96),
    "v2": (2, 3, 64, 96),
    "cifar": (2, 3, 16, 24),
}


def grad_cam(model, x: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Selvaraju et al. 2016, equations 1 and 2."""
    maps = []
    last = model.stages[-1] if hasattr(model, "stages") else getattr(model, "layer4", None) or model.layer3
    handle = last.register_forward_hook(lambda module, inputs, output: maps.append(output))
    logits = model(x)
    handle.remove()
    (features,) = maps
    (gradient,) = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), features)
    return F.relu((gradient.mean((2, 3), keepdim=True) * features).sum(1))


def case(name: str, shape: tuple) -> dict:
    model = load_formula(CASES[name][0]()).eval()
    x = formula("input", shape)
    # The class that most speaks for in the first image, and the second such of the other.
    sums = torch.stack([grad_cam(model, x, torch.full(shape[:1], c)).sum((1, 2)) for c in range(CLASSES)], 1)
    classes = sums.topk(2).indices.diagonal()
    heat = grad_cam(model, x, classes)
    print(name, heat)
    return {"input": list(shape), "classes": classes.tolist(), "shape": list(heat.shape), "heat": [digits(v) for v in heat.flatten()]}


def main() -> None:
    torch.set_num_threads(1)
    golden = {"torch": torch.__version__, "timm": timm.__version__}
    golden["cases"] = {name: case(name, shape) for name, shape in INPUTS.items()}
    Path(__file__).with_name("grad_cam.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
