"""Losses of PyTorch, the values that `tests/it/criterion.rs` compares with.

    python crates/train/tests/golden/losses.py    # rewrites losses.json beside it; torch and torchvision, seconds
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torchvision.ops import sigmoid_focal_loss

WEIGHTS = [0.5, 2.0, 1.25, 0.25]
GAMMA = 2.0


def numbers(shape, phase, scale=1.0):
    count = math.prod(shape)
    return torch.tensor([scale * math.sin(1.7 * i + phase) for i in range(count)], dtype=torch.float64).reshape(shape)


def with_gradient(loss):
    logits = numbers((3, 4), 0.2, 3.0).requires_grad_()
    losses = loss(logits)
    losses.sum().backward()
    return {"losses": losses.tolist(), "gradient": logits.grad.flatten().tolist()}


# Of four labels those that are true of an image of each class, and those that are not known.
TRUE, UNKNOWN = [[], [1], [0, 3], [2]], [[0, 1], [], [2], [0, 1, 3]]


def sets(classes):
    row = lambda members: [float(label in members) for label in range(4)]
    truth = torch.tensor([row(TRUE[number]) for number in classes], dtype=torch.float64)
    return truth, 1 - torch.tensor([row(UNKNOWN[number]) for number in classes], dtype=torch.float64)


def main():
    labels, others, share = torch.tensor([0, 2, 3]), torch.tensor([3, 2, 0]), 0.3
    weights = torch.tensor(WEIGHTS, dtype=torch.float64)
    own = F.one_hot(labels, 4).double()
    mixed = 0.9 * ((1 - share) * own + share * F.one_hot(others, 4)) + 0.1 / 4
    teacher = numbers((3, 4), 1.1, 2.0)

    truth, known = sets(labels)
    other_truth, other_known = sets(others)

    def masked(x, truth, known):
        smooth = 0.9 * truth + 0.05
        return F.binary_cross_entropy_with_logits(x, smooth, weight=known, reduction="none").mean(1)

    def focal(logits):  # the paper's equation 4, over a softmax
        p = logits.softmax(1).gather(1, labels[:, None])[:, 0]
        return -((1 - p) ** GAMMA) * p.log()

    def distilled(logits):
        t = 2.5
        kl = F.kl_div((logits / t).log_softmax(1), (teacher / t).log_softmax(1), reduction="none", log_target=True).sum(1)
        return 0.3 * F.cross_entropy(logits, labels, reduction="none") + 0.7 * t * t * kl

    cases = {
        "weighted": lambda x: F.cross_entropy(x, labels, weight=weights, label_smoothing=0.1, reduction="none"),
        "weighted_mixed": lambda x: F.cross_entropy(x, mixed, weight=weights, reduction="none"),
        "weighted_binary": lambda x: F.binary_cross_entropy_with_logits(x, mixed, weight=weights, reduction="none").mean(1),
        "positive_weights": lambda x: F.binary_cross_entropy_with_logits(x, truth, weight=known, pos_weight=weights, reduction="none").mean(1),
        "unknown_mixed": lambda x: (1 - share) * masked(x, truth, known) + share * masked(x, other_truth, other_known),
        "focal": focal,
        "focal_binary": lambda x: sigmoid_focal_loss(x, own, alpha=-1, gamma=GAMMA, reduction="none").mean(1),
        "distilled": distilled,
    }
    result = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    result |= {name: with_gradient(loss) for name, loss in cases.items()}
    Path(__file__).with_name("losses.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
