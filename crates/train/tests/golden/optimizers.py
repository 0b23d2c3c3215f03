"""Golden steps of optimizers and values of losses, by PyTorch and timm, on made-up numbers.

Gradients are given by a formula, not by a network, so that every difference is one of the rule. The weight has two rows ("filters")
and starts with a row of zeros in one case, where LAMB, LARS and adaptive clipping take their special ways.

    python crates/train/tests/golden/optimizers.py    # rewrites optimizers.json beside it; torch and timm, seconds
"""

import json
import math
from pathlib import Path

import timm
import torch
import torch.nn.functional as F
from timm.optim import Lamb, Lars, Lion
from timm.utils.agc import adaptive_clip_grad

BETAS, EPS = (0.9, 0.99), 1e-8
STEPS = 20
DECAY = 0.05


def numbers(shape, phase, scale=1.0):
    count = math.prod(shape)
    return torch.tensor([scale * math.sin(1.7 * i + phase) for i in range(count)], dtype=torch.float32).reshape(shape)


CASES = {
    "sgd": (lambda g: torch.optim.SGD(g, momentum=0.9), None),
    "nesterov_norm_clip": (lambda g: torch.optim.SGD(g, momentum=0.9, nesterov=True), ("norm", 0.5)),
    "adaptive_clip": (lambda g: torch.optim.SGD(g, momentum=0.9), ("adaptive", 0.1)),
    "adamw": (lambda g: torch.optim.AdamW(g, betas=(0.9, 0.99), eps=1e-8), None),
    "lamb": (lambda g: Lamb(g, betas=(0.9, 0.999), eps=1e-6, max_grad_norm=None), None),
    "lars": (lambda g: Lars(g, momentum=0.9, trust_coeff=0.02), None),
    "lion": (lambda g: Lion(g, betas=(0.9, 0.99)), None),
}


def run(make, clip, zero):
    weight = torch.zeros(2, 5) if zero else numbers((2, 5), 0.3)
    weight, bias = torch.nn.Parameter(weight), torch.nn.Parameter(numbers((2,), 0.9))
    optimizer = make([{"params": [weight], "weight_decay": DECAY}, {"params": [bias], "weight_decay": 0.0}])
    after = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 0.02 * (1 + step % 3)
        weight.grad, bias.grad = numbers((2, 5), step, 1.5), numbers((2,), 2.0 * step)
        if clip and clip[0] == "norm":
            torch.nn.utils.clip_grad_norm_([weight, bias], clip[1])
        if clip and clip[0] == "adaptive":
            adaptive_clip_grad([weight, bias], clip[1])
        optimizer.step()
        if step % 5 in (0, 4):
            after.append([*weight.detach().flatten().tolist(), *bias.detach().tolist()])
    return after


def muon(nesterov):
    """torch's Muon on a convolution whose filters are rows, and AdamW on the rest.

    torch computes the orthogonal matrix in bfloat16; here `Tensor.bfloat16` leaves 32 bits as they are, so that the rule can be
    compared to five digits. "shape" is the convolution's.
    """
    shape = (3, 2, 2, 2) if nesterov else (8, 1, 1, 2)
    conv = torch.nn.Parameter(numbers(shape, 0.3).reshape(shape[0], -1))
    weight, bias = torch.nn.Parameter(numbers((2, 5), 0.3)), torch.nn.Parameter(numbers((2,), 0.9))
    first = torch.optim.Muon(
        [conv], weight_decay=DECAY, momentum=0.95, nesterov=nesterov, adjust_lr_fn="match_rms_adamw"
    )
    groups = [{"params": [weight], "weight_decay": DECAY}, {"params": [bias], "weight_decay": 0.0}]
    second = torch.optim.AdamW(groups, betas=BETAS, eps=EPS)
    after = []
    for step in range(STEPS):
        for group in first.param_groups + second.param_groups:
            group["lr"] = 0.02 * (1 + step % 3)
        conv.grad = numbers(shape, 0.5 * step, 1.5).reshape(conv.shape)
        weight.grad, bias.grad = numbers((2, 5), step, 1.5), numbers((2,), 2.0 * step)
        first.step()
        second.step()
        if step % 5 in (0, 4):
            after.append([value for tensor in (conv, weight, bias) for value in tensor.detach().flatten().tolist()])
    return {"shape": list(shape), "steps": after}


def muons():
    kept = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone
    try:
        return {"nesterov": muon(True), "plain": muon(False)}
    finally:
        torch.Tensor.bfloat16 = kept


def losses():
    logits = numbers((3, 4), 0.2, 3.0)
    labels, others, share = torch.tensor([0, 2, 3]), torch.tensor([3, 2, 0]), 0.3
    mixed = (1 - share) * F.one_hot(labels, 4) + share * F.one_hot(others, 4)
    smooth = 0.9 * mixed + 0.1 / 4
    bce = [F.binary_cross_entropy_with_logits(logits, t.float(), reduction="none").mean(1) for t in (F.one_hot(labels, 4), smooth)]
    return {
        "mixed_cross_entropy": F.cross_entropy(logits, smooth, reduction="none").tolist(),
        "binary_cross_entropy": bce[0].tolist(),
        "mixed_binary_cross_entropy": bce[1].tolist(),
    }


def main():
    cases = {name: run(make, clip, False) for name, (make, clip) in CASES.items()}
    cases |= {f"{name}_from_zero": run(*CASES[name], True) for name in ("lamb", "lars", "adaptive_clip")}
    result = {"torch": torch.__version__, "timm": timm.__version__, "steps": cases, "muon": muons(), "losses": losses()}
    Path(__file__).with_name("optimizers.json").write_text(json.dumps(result, indent=None) + "\n")


if __name__ == "__main__":
    main()
