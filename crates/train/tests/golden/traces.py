"""Golden runs of 100 steps: the loss of every step, and what is left of weights, running statistics and running means.

ResNet-8 with the weights of the formula in crates/models/tests/golden/generate.py learns ten batches by heart, again and again, with label
smoothing, five steps of linear warm-up and then half a cosine. Pixels come from the same formula, as bytes, so that the Rust test
goes the whole way: normalisation, forward and backward pass, rule, schedule. SGD and AdamW are PyTorch's, LAMB and the running mean timm's.

Each block's last scale is multiplied by RESIDUAL: with 1 the training is chaotic, float32 and float64 part within 50 steps at any rate.
Rounding errors grow in any training. "noise" is how far the same run gets from itself in float64, the largest relative difference of a loss,
of a final tensor and of a mean of it (over the tensor's norm; of a running mean over the norm of its deviations, because means are near zero): what can be asked of another implementation in float32.

    python crates/train/tests/golden/traces.py    # rewrites traces.json beside it; torch, torchvision and timm, half a minute
"""

import copy
import json
import math
import sys
from pathlib import Path

import timm
import torch
import torch.nn.functional as F
from timm.optim import Lamb
from timm.utils import ModelEmaV3

sys.path.insert(0, str(Path(__file__).parents[3] / "models/tests/golden"))
from families import Cifar  # noqa: E402
from generate import load_formula, uniform  # noqa: E402

STEPS, WARMUP, BATCHES, BATCH, SIDE = 100, 5, 10, 16, 16
MEAN, STD = (0.5, 0.45, 0.4), (0.25, 0.3, 0.35)
SMOOTHING, EMA, RESIDUAL = 0.1, 0.9, 0.125
CASES = {
    "sgd": {"lr": 0.02, "weight_decay": 5e-4, "make": lambda g: torch.optim.SGD(g, momentum=0.9)},
    "adamw": {"lr": 0.0007, "weight_decay": 0.05, "make": lambda g: torch.optim.AdamW(g, betas=(0.9, 0.999), eps=1e-6)},
    "lamb": {"lr": 0.001, "weight_decay": 0.02, "make": lambda g: Lamb(g, betas=(0.9, 0.999), eps=1e-5, max_grad_norm=None)},
}


def batch(number: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as bytes `[n, height, width, channels]`, normalised, and labels."""
    values = uniform(f"pixels {number}", BATCH * SIDE * SIDE * 3)
    pixels = torch.from_numpy(((values + 1.0) * 128.0).astype("uint8")).reshape(BATCH, SIDE, SIDE, 3)
    images = (pixels.to(torch.float64) / 255.0 - torch.tensor(MEAN)) / torch.tensor(STD)
    labels = [(3 * i + number) % 10 for i in range(BATCH)]
    return images.permute(0, 3, 1, 2).to(dtype), torch.tensor(labels)


def rate(step: int) -> float:
    """Share of the learning rate in step `step`, from 0."""
    if step < WARMUP:
        return step / WARMUP
    return 0.5 * (1.0 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def initial() -> torch.nn.Module:
    model = load_formula(Cifar())
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if key.endswith(".bn2.weight"):
                parameter.mul_(RESIDUAL)
    return model


def run(case: dict, dtype: torch.dtype) -> tuple[list[float], dict, dict]:
    model = initial().to(dtype).train()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": case["weight_decay"]}, {"params": others, "weight_decay": 0.0}]
    optimizer = case["make"](groups)
    ema = ModelEmaV3(copy.deepcopy(model), decay=EMA)
    losses = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = case["lr"] * rate(step)
        images, labels = batch(step % BATCHES, dtype)
        loss = F.cross_entropy(model(images), labels, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update(model, step=step)
        losses.append(loss.item())
    return losses, floats(model), floats(ema.module)


def floats(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.double() for key, value in model.state_dict().items() if value.is_floating_point()}


def scale(tensors: dict[str, torch.Tensor], key: str) -> float:
    """What a difference of this tensor is compared with."""
    if key.endswith("running_mean"):
        return tensors[key.replace("mean", "var")].sqrt().norm().item()
    return tensors[key].norm().item()


def summary(tensors: dict[str, torch.Tensor], key: str) -> list[float]:
    """Scale, norm, product with the formula's values, first four values."""
    flat = tensors[key].flatten()
    product = flat @ torch.from_numpy(uniform(key, flat.numel()))
    return [float(f"{v:.8g}") for v in (scale(tensors, key), flat.norm().item(), product.item(), *flat[:4].tolist())]


def furthest(a: dict, b: dict) -> float:
    return max((a[key] - b[key]).norm().item() / scale(b, key) for key in a)


def golden(case: dict) -> dict:
    losses, weights, means = run(case, torch.float32)
    losses_64, weights_64, means_64 = run(case, torch.float64)
    noise = [max(abs(a / b - 1) for a, b in zip(losses, losses_64)), furthest(weights, weights_64), furthest(means, means_64)]
    return {
        "lr": case["lr"], "weight_decay": case["weight_decay"],
        "noise": [float(f"{n:.2g}") for n in noise],
        "losses": [float(f"{loss:.8g}") for loss in losses],
        "weights": {key: summary(weights, key) for key in weights},
        "means": {key: summary(means, key) for key in means},
    }


def main() -> None:
    torch.set_num_threads(1)
    cases = {name: golden(case) for name, case in CASES.items()}
    for name, case in cases.items():
        print(name, case["noise"], case["losses"][0], case["losses"][-1])
    result = {"torch": torch.__version__, "timm": timm.__version__, "cases": cases}
    Path(__file__).with_name("traces.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
