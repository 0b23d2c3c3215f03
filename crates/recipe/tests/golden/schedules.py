"""Writes schedules.json: learning rates of torch's and timm's schedulers at every step.

    python schedules.py > schedules.json

Each case holds the section [schedule] of a recipe and the rates that the peer gives for it. The
schedulers of torch are stepped once per optimizer step; those of timm are asked by step_update.
"""

import json
import math
import sys
import warnings

import timm
import torch
from timm.scheduler import CosineLRScheduler, MultiStepLRScheduler, PolyLRScheduler, StepLRScheduler
from torch.optim import lr_scheduler as lr

warnings.filterwarnings("ignore")

STEPS_PER_EPOCH = 8
EPOCHS = 10
TOTAL = STEPS_PER_EPOCH * EPOCHS
WARMUP = 12
BEYOND = 8  # steps after the end of the run
BASE = 1.7


def sgd():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)


def torch_rates(make, steps=TOTAL):
    optimizer = sgd()
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def timm_rates(make, steps=TOTAL):
    optimizer = sgd()
    scheduler = make(optimizer)
    rates = []
    for step in range(steps):
        scheduler.step_update(step)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def after_linear_warmup(make, start=0.01):
    """torchvision's references: LinearLR, then another scheduler."""

    def both(optimizer):
        first = lr.LinearLR(optimizer, start_factor=start, total_iters=WARMUP)
        return lr.SequentialLR(optimizer, [first, make(optimizer)], milestones=[WARMUP])

    return both


def rising(make):
    """A warm-up of torch from BASE / 100, then BASE."""

    def both(optimizer):
        return lr.SequentialLR(
            optimizer, [make(optimizer), lr.LambdaLR(optimizer, lambda _: 1.0)], [WARMUP]
        )

    return both


def cosine_up(step):
    """OneCycleLR's way up, which torch has nowhere on its own."""
    return 1 + (0.01 - 1) / 2 * (1 + math.cos(math.pi * step / WARMUP))


NO_WARMUP = {"length": 0.0}
LINEAR_WARMUP = {"length": f"{WARMUP} steps", "from": 0.01}
REST = TOTAL - WARMUP


def cases():
    def case(name, peer, decay, rates, warmup=NO_WARMUP, min_lr=0.0):
        schedule = {
            "base_lr": BASE,
            "scaling": "none",
            "min_lr": min_lr,
            "warmup": warmup,
            "decay": decay,
        }
        return {"name": name, "peer": peer, "schedule": schedule, "rates": rates}

    yield case(
        "constant", "torch ConstantLR(1)", "constant",
        torch_rates(lambda o: lr.ConstantLR(o, factor=1.0), TOTAL + BEYOND),
    )
    yield case(
        "step", "torch StepLR",
        {"step": {"every": 3.0, "factor": 0.1}},
        torch_rates(lambda o: lr.StepLR(o, 3 * STEPS_PER_EPOCH, 0.1), TOTAL + BEYOND),
    )
    yield case(
        "step after a warm-up", "timm StepLRScheduler",
        {"step": {"every": "20 steps", "factor": 0.5}},
        timm_rates(lambda o: StepLRScheduler(
            o, decay_t=20, decay_rate=0.5, warmup_t=WARMUP, warmup_lr_init=0.0,
            warmup_prefix=False, t_in_epochs=False)),
        warmup={"length": f"{WARMUP} steps"},
    )
    yield case(
        "multi-step", "torch MultiStepLR",
        {"multi-step": {"at": [3.0, "48 steps", "75%"], "factor": 0.1}},
        torch_rates(lambda o: lr.MultiStepLR(o, [24, 48, 60], 0.1), TOTAL + BEYOND),
    )
    yield case(
        "multi-step after a warm-up", "timm MultiStepLRScheduler",
        {"multi-step": {"at": ["20 steps", "50 steps"], "factor": 0.1}},
        # timm lowers the rate one step before each entry of decay_t, on purpose.
        timm_rates(lambda o: MultiStepLRScheduler(
            o, decay_t=[21, 51], decay_rate=0.1, warmup_t=WARMUP, warmup_lr_init=0.017,
            warmup_prefix=False, t_in_epochs=False)),
        warmup=LINEAR_WARMUP,
    )
    yield case(
        "cosine", "torch CosineAnnealingLR", "cosine",
        torch_rates(lambda o: lr.CosineAnnealingLR(o, TOTAL)),
    )
    yield case(
        "cosine after a warm-up to a minimum", "torch SequentialLR(LinearLR, CosineAnnealingLR)",
        "cosine",
        torch_rates(after_linear_warmup(lambda o: lr.CosineAnnealingLR(o, REST, eta_min=0.02))),
        warmup=LINEAR_WARMUP, min_lr=0.02,
    )
    yield case(
        "cosine after a warm-up, beyond the end", "timm CosineLRScheduler", "cosine",
        timm_rates(lambda o: CosineLRScheduler(
            o, t_initial=REST, lr_min=0.02, warmup_t=WARMUP, warmup_lr_init=0.017,
            warmup_prefix=True, t_in_epochs=False), TOTAL + BEYOND),
        warmup=LINEAR_WARMUP, min_lr=0.02,
    )
    yield case(
        "polynomial", "torch PolynomialLR",
        {"polynomial": {"power": 2.0}},
        torch_rates(lambda o: lr.PolynomialLR(o, TOTAL, power=2.0), TOTAL + BEYOND),
    )
    yield case(
        "polynomial after a warm-up to a minimum", "timm PolyLRScheduler",
        {"polynomial": {"power": 0.5}},
        timm_rates(lambda o: PolyLRScheduler(
            o, t_initial=REST, power=0.5, lr_min=0.02, warmup_t=WARMUP, warmup_lr_init=0.017,
            warmup_prefix=True, t_in_epochs=False), TOTAL + BEYOND),
        warmup=LINEAR_WARMUP, min_lr=0.02,
    )
    yield case(
        "linear", "torch LinearLR", "linear",
        torch_rates(
            lambda o: lr.LinearLR(o, start_factor=1.0, end_factor=0.25, total_iters=TOTAL),
            TOTAL + BEYOND),
        min_lr=0.25 * BASE,
    )
    yield case(
        "linear after a warm-up", "torch SequentialLR(LinearLR, LinearLR)", "linear",
        torch_rates(after_linear_warmup(
            lambda o: lr.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=REST))),
        warmup=LINEAR_WARMUP,
    )
    yield case(
        "exponential", "torch ExponentialLR",
        {"exponential": {"every": "1 steps", "factor": 0.95}},
        torch_rates(lambda o: lr.ExponentialLR(o, 0.95), TOTAL + BEYOND),
    )
    yield case(
        "exponential over epochs after a warm-up", "torch SequentialLR(LinearLR, ExponentialLR)",
        {"exponential": {"every": 1.0, "factor": 0.5}},
        torch_rates(after_linear_warmup(
            lambda o: lr.ExponentialLR(o, 0.5 ** (1 / STEPS_PER_EPOCH)))),
        warmup=LINEAR_WARMUP,
    )
    yield case(
        "one-cycle", "torch OneCycleLR",
        {"one-cycle": {"rise": "30%", "start": 1 / 25}},
        one_cycle(),
        min_lr=BASE / 25 / 1e4,
    )
    yield case(
        "constant warm-up", "torch ConstantLR", "constant",
        torch_rates(lambda o: lr.ConstantLR(o, factor=0.01, total_iters=WARMUP)),
        warmup={**LINEAR_WARMUP, "shape": "constant"},
    )
    yield case(
        "exponential warm-up", "torch LambdaLR(0.01) x ExponentialLR", "constant",
        exponential_up(),
        warmup={**LINEAR_WARMUP, "shape": "exponential"},
    )
    yield case(
        "cosine warm-up", "torch OneCycleLR, its way up", "constant",
        torch_rates(rising(lambda o: lr.LambdaLR(o, cosine_up))),
        warmup={**LINEAR_WARMUP, "shape": "cosine"},
    )


def one_cycle():
    """OneCycleLR refuses a step beyond its last."""
    optimizer = sgd()
    scheduler = lr.OneCycleLR(optimizer, max_lr=BASE, total_steps=TOTAL)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(TOTAL - 1):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def exponential_up():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01 * BASE)
    scheduler = lr.ExponentialLR(optimizer, 100 ** (1 / WARMUP))
    rates = []
    for _ in range(WARMUP):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates + [BASE] * (TOTAL - WARMUP)


def plateau_cases():
    losses = [2.0, 1.5, 1.5, 1.49999, 1.6, 1.2, 1.3, 1.25, 1.21, 1.2, 1.2, 0.9, 1.0, 1.0, 1.0, 1.0,
              1.0, 0.5, 0.4, 0.45, 0.45, 0.45, 0.45, 0.45, 0.45]
    top1 = [0.1, 0.3, 0.3, 0.30001, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.60003, 0.6001, 0.6, 0.6, 0.6,
            0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.61, 0.6, 0.6]
    for watch, mode, values in [("cross-entropy", "min", losses), ("top1", "max", top1)]:
        for patience, cooldown in [(0, 0), (2, 0), (1, 2)]:
            optimizer = sgd()
            scheduler = lr.ReduceLROnPlateau(
                optimizer, mode=mode, factor=0.3, patience=patience, cooldown=cooldown,
                threshold=1e-4, min_lr=0.02, eps=0.0)
            rates = []
            for value in values:
                scheduler.step(value)
                rates.append(optimizer.param_groups[0]["lr"])
            rule = {"watch": watch, "factor": 0.3, "patience": patience, "cooldown": cooldown}
            schedule = {"base_lr": BASE, "scaling": "none", "min_lr": 0.02, "warmup": NO_WARMUP,
                        "decay": {"reduce-on-plateau": rule}}
            yield {"name": f"plateau of {watch}, patience {patience}, cooldown {cooldown}",
                   "peer": "torch ReduceLROnPlateau", "schedule": schedule,
                   "evaluations": values, "rates": rates}


if __name__ == "__main__":
    json.dump(
        {
            "versions": {"torch": torch.__version__, "timm": timm.__version__,
                         "python": sys.version.split()[0]},
            "steps_per_epoch": STEPS_PER_EPOCH,
            "epochs": EPOCHS,
            "cases": list(cases()),
            "plateaus": list(plateau_cases()),
        },
        sys.stdout,
        indent=None,
        separators=(",", ":"),
    )
    print()
