"""Writes pytorch.json: outputs and gradients of PyTorch's operations on small tensors.

    python crates/kernels/tests/golden/pytorch.py > crates/kernels/tests/golden/pytorch.json

The inputs are not stored: `values` of the tests makes the same ones. Every gradient is that of the sum of the output times
`values(seed)` of its shape.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def values(seed: int, *shape: int) -> torch.Tensor:
    """A linear congruential generator, in [-0.5, 0.5)."""
    state, out = seed, []
    for _ in range(int(np.prod(shape))):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append((state >> 8) / 2**24 - 0.5)
    return torch.tensor(out, dtype=torch.float32).reshape(shape)


def numbers(tensor: torch.Tensor) -> list[float]:
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


# batch, in, out, height, width, kernel, stride, padding, dilation, groups
CONVOLUTIONS = [
    (2, 3, 8, 9, 9, 3, 1, 1, 1, 1),
    (1, 5, 7, 8, 6, 3, 2, 1, 1, 1),
    (2, 3, 5, 15, 13, 7, 2, 3, 1, 1),
    (2, 16, 24, 5, 5, 1, 1, 0, 1, 1),
    (1, 9, 4, 7, 5, 1, 2, 0, 1, 1),
    (3, 4, 6, 1, 1, 3, 1, 1, 1, 1),
    (2, 8, 12, 6, 6, 3, 2, 1, 1, 4),
    (1, 4, 4, 7, 7, 3, 1, 2, 2, 4),
]


def convolution(case: tuple[int, ...]) -> dict:
    b, c, o, h, w, k, stride, padding, dilation, groups = case
    x = values(1, b, c, h, w).requires_grad_()
    weight = values(2, o, c // groups, k, k).requires_grad_()
    y = F.conv2d(x, weight, None, stride, padding, dilation, groups)
    (y * values(3, *y.shape)).sum().backward()
    return {"case": case, "y": numbers(y), "dx": numbers(x.grad), "dweight": numbers(weight.grad)}


def batch_norm(shape: tuple[int, ...], with_residual: bool, relu: bool) -> dict:
    c = shape[1]
    x = values(1, *shape).requires_grad_()
    gamma, beta = (values(2, c) + 1).detach().requires_grad_(), values(3, c).requires_grad_()
    residual = values(4, *shape).requires_grad_()
    mean, variance = torch.zeros(c), torch.zeros(c)
    y = F.batch_norm(x, mean, variance, gamma, beta, True, 1.0, 1e-5)
    y = y + residual if with_residual else y
    y = F.relu(y) if relu else y
    (y * values(5, *shape)).sum().backward()
    grads = {"dx": x.grad, "dgamma": gamma.grad, "dbeta": beta.grad}
    if with_residual:
        grads["dresidual"] = residual.grad
    result = {name: numbers(grad) for name, grad in grads.items()}
    return result | {"shape": shape, "residual": with_residual, "relu": relu, "y": numbers(y), "mean": numbers(mean)}


def max_pool(shape: tuple[int, ...], kernel: int, stride: int, padding: int) -> dict:
    x = values(1, *shape).requires_grad_()
    y = F.max_pool2d(x, kernel, stride, padding)
    (y * values(2, *y.shape)).sum().backward()
    return {"shape": shape, "window": (kernel, stride, padding), "y": numbers(y), "dx": numbers(x.grad)}


def average_pool(shape: tuple[int, ...]) -> dict:
    x = values(1, *shape).requires_grad_()
    y = F.adaptive_avg_pool2d(x, 1).flatten(1)
    (y * values(2, *y.shape)).sum().backward()
    return {"shape": shape, "y": numbers(y), "dx": numbers(x.grad)}


def cross_entropy(rows: int, classes: int, smoothing: float, scale: float) -> dict:
    logits = (values(1, rows, classes) * scale).detach().requires_grad_()
    labels = torch.arange(rows) * 5 % classes
    losses = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    (losses * values(2, rows)).sum().backward()
    return {"size": (rows, classes), "smoothing": smoothing, "scale": scale, "losses": numbers(losses), "dlogits": numbers(logits.grad)}


def main() -> None:
    golden = {
        "torch": torch.__version__,
        "convolution": [convolution(case) for case in CONVOLUTIONS],
        "batch_norm": [
            batch_norm(shape, with_residual, relu)
            for shape in [(3, 5, 4, 3), (5, 3, 1, 1)]
            for with_residual, relu in [(False, False), (False, True), (True, True)]
        ],
        "max_pool": [max_pool((2, 3, 9, 8), 3, 2, 1), max_pool((1, 2, 6, 5), 2, 2, 0), max_pool((1, 2, 1, 1), 3, 2, 1)],
        "average_pool": [average_pool((2, 5, 9, 8)), average_pool((3, 2, 1, 1))],
        "cross_entropy": [cross_entropy(4, 7, 0.0, 3), cross_entropy(3, 10, 0.1, 20), cross_entropy(2, 1, 0.1, 1)],
    }
    print(json.dumps(golden, separators=(",", ":")))


if __name__ == "__main__":
    main()
