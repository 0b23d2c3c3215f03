"""Golden training steps: a few SGD steps of PyTorch on fixed weights and one fixed batch, with what they leave behind.

Weights and input come from the formula in crates/models/tests/golden/generate.py; the weight of each block's last BatchNorm
is then multiplied by the case's "residual_scale". With 1 for ResNet-50 the training itself is chaotic: the gradient of conv1
is 640, and float32 and float64 differ by 5 % in the second loss, at any learning rate. No test could hold an implementation
to such numbers. Weight decay is for convolution and fc weights only, as the recipes do it; at 1e-4 a few steps do not show
it above the noise, hence the case with a strong one.

Each case is run again in other ways, none of which is more right than the golden run; "noise" holds the largest relative
difference per way and group (per step for the losses), so that the Rust test can take a tolerance from it instead of
guessing.

    python crates/train/tests/golden/generate.py    # rewrites sgd.json beside it; torch and torchvision, two minutes
"""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision

sys.path.insert(0, str(Path(__file__).parents[3] / "models/tests/golden"))
from generate import build, digits, formula, load_formula  # noqa: E402

MOMENTUM = 0.9
SMOOTHING = 0.1
CASES = {
    "small_stem_resnet18": {
        "arch": "resnet18", "small_stem": True, "input": [8, 3, 32, 32], "labels": [0, 1, 2, 3, 4, 5, 6, 7],
        "residual_scale": 1.0, "weight_decay": 1e-4, "nesterov": False, "lr": [0.01, 0.02, 0.03, 0.02, 0.01],
    },
    "strong_decay_resnet18": {
        "arch": "resnet18", "small_stem": True, "input": [8, 3, 32, 32], "labels": [0, 1, 2, 3, 4, 5, 6, 7],
        "residual_scale": 0.125, "weight_decay": 0.05, "nesterov": False, "lr": [0.01, 0.02, 0.03, 0.02, 0.01],
    },
    "resnet50": {
        "arch": "resnet50", "small_stem": False, "input": [4, 3, 64, 64], "labels": [1, 3, 5, 7],
        "residual_scale": 0.0625, "weight_decay": 1e-4, "nesterov": True, "lr": [0.01, 0.02, 0.03],
    },
}


def tensors(model: torch.nn.Module) -> dict[str, list[float]]:
    """Per key: the L2 norm (summed in float64), then the first four values."""
    return {
        key: [digits(value.double().norm()), *digits(value.flatten()[:4])]
        for key, value in model.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }


def initial(case: dict, nudge: int | None) -> torch.nn.Module:
    """The model before step 1; `nudge` seeds a move of every parameter to the next float32 above or below."""
    model = load_formula(build(case["arch"], 10, case["small_stem"]))
    last = ".bn2.weight" if case["arch"] in ("resnet18", "resnet34") else ".bn3.weight"
    with torch.no_grad():
        for key, p in model.named_parameters():
            if key.endswith(last):
                p.mul_(case["residual_scale"])
        if nudge is not None:
            generator = torch.Generator().manual_seed(nudge)
            for p in model.parameters():
                p.copy_(p.nextafter(torch.where(torch.rand(p.shape, generator=generator) < 0.5, -math.inf, math.inf)))
    return model


def run(case: dict, dtype: torch.dtype = torch.float32, nudge: int | None = None) -> dict:
    """Trains one case. Metrics of a step are those of its forward pass, before the update."""
    model = initial(case, nudge).to(dtype).train()
    x = formula("input", tuple(case["input"])).to(dtype)
    labels = torch.tensor(case["labels"])
    decayed = [p for p in model.parameters() if p.dim() > 1]
    kept = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": case["weight_decay"]}, {"params": kept, "weight_decay": 0.0}],
        lr=0.0, momentum=MOMENTUM, nesterov=case["nesterov"],
    )
    squares = sum(p.detach().double().square().sum() for p in decayed)
    out = {"l2_penalty": digits(case["weight_decay"] / 2 * squares), "steps": []}
    for step, lr in enumerate(case["lr"], start=1):
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, labels, label_smoothing=SMOOTHING)
        loss.backward()
        order = logits.argsort(dim=1, descending=True)
        out["steps"].append({
            "loss": digits(loss),
            "cross_entropy": digits(F.cross_entropy(logits, labels)),
            "top1": (order[:, :1] == labels[:, None]).sum().item(),
            "top5": (order[:, :5] == labels[:, None]).sum().item(),
        })
        if step == 1:
            out["grad_norms"] = {key: digits(p.grad.double().norm()) for key, p in model.named_parameters()}
        optimizer.step()
        if step == 1:
            out["after_first"] = tensors(model)
    out["after_last"] = tensors(model)
    return out


def noise(a: dict, b: dict, shapes: dict[str, tuple[int, ...]]) -> dict[str, list[float]]:
    """Largest difference per group: single values over the tensor's root mean square, everything else over itself."""
    out = {name: [abs(s[name] / t[name] - 1) for s, t in zip(a["steps"], b["steps"])] for name in ("loss", "cross_entropy")}
    out["l2_penalty"] = [abs(a["l2_penalty"] / b["l2_penalty"] - 1)]
    out["grad_norms"] = [max(abs(norm / b["grad_norms"][key] - 1) for key, norm in a["grad_norms"].items())]
    for when in ("after_first", "after_last"):
        norms, values = [], []
        for key, (norm, *first) in a[when].items():
            norm_b, *first_b = b[when][key]
            norms.append(abs(norm / norm_b - 1))
            rms = norm_b / math.sqrt(math.prod(shapes[key]))
            values += [abs(u - v) / rms for u, v in zip(first, first_b)]
        out[f"{when}_norms"], out[f"{when}_values"] = [max(norms)], [max(values)]
    return out


def largest(runs: list[dict[str, list[float]]]) -> dict:
    """The worst of several, two digits; a group of one number becomes that number."""
    worst = {group: [float(f"{max(v):.2g}") for v in zip(*(run[group] for run in runs))] for group in runs[0]}
    return {group: v if group in ("loss", "cross_entropy") else v[0] for group, v in worst.items()}


def golden(case: dict) -> dict:
    """The float32 run on two threads, and its noise against the other runs."""
    shapes = {key: tuple(value.shape) for key, value in initial(case, None).state_dict().items()}
    torch.set_num_threads(2)
    out = run(case)
    others = {
        "again": [run(case)],
        "float64": [run(case, torch.float64)],
        "nudged": [run(case, nudge=seed) for seed in range(6)],
    }
    with torch.backends.mkldnn.flags(enabled=False):
        others["other_kernels"] = [run(case)]
    torch.set_num_threads(1)
    others["one_thread"] = [run(case)]
    hits = [[(s["top1"], s["top5"]) for s in r["steps"]] for r in [out, *sum(others.values(), [])]]
    assert all(h == hits[0] for h in hits), "the counts must not depend on rounding: choose another case"
    return {**case, **out, "noise": {name: largest([noise(out, r, shapes) for r in runs]) for name, runs in others.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("sgd.json"))
    args = parser.parse_args()

    result = {
        "torch": torch.__version__, "torchvision": torchvision.__version__,
        "momentum": MOMENTUM, "label_smoothing": SMOOTHING,
        "cases": {name: golden(case) for name, case in CASES.items()},
    }
    args.out.write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
