"""How far rounding alone moves one training step of a fresh torchvision ResNet: where the tolerances of `devices --check` come from.

Against double precision, relative to its length, for sums in float32 and for convolutions whose factors are rounded to TF32 (10 bits after the point) as tensor
cores do. `--branch-scale` is the scale at the end of every residual branch: 1 is usual and magnifies rounding.

    python benches/peers/rounding.py --branch-scale 0.2
"""

import argparse
import json

import torch
import torch.nn.functional as F
import torchvision
from torch.nn.grad import conv2d_input, conv2d_weight

DROPPED_BITS = 13


def to_tf32(x: torch.Tensor) -> torch.Tensor:
    bits = x.detach().contiguous().view(torch.int32)
    half, tie = 1 << (DROPPED_BITS - 1), (bits >> DROPPED_BITS) & 1
    return (((bits + half - 1 + tie) >> DROPPED_BITS) << DROPPED_BITS).view(torch.float32)


class RoundedConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, stride, padding):
        ctx.stride, ctx.padding = stride, padding
        ctx.save_for_backward(x, weight)
        return F.conv2d(to_tf32(x), to_tf32(weight), None, stride, padding)

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        gradient = to_tf32(gradient)
        of_x = conv2d_input(x.shape, to_tf32(weight), gradient, ctx.stride, ctx.padding)
        of_weight = conv2d_weight(to_tf32(x), weight.shape, gradient, ctx.stride, ctx.padding)
        return of_x, of_weight, None, None


def step(arch: str, side: int, batch: int, scale: float, kind: str) -> tuple[float, torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    model = getattr(torchvision.models, arch)(weights=None).train()
    last = "bn2.weight" if arch == "resnet18" else "bn3.weight"
    for name, parameter in model.named_parameters():
        if name.endswith(last):
            parameter.data.fill_(scale)
    x, labels = torch.randn(batch, 3, side, side), torch.arange(batch)
    if kind == "f64":
        model, x = model.double(), x.double()
    if kind == "tf32":
        for module in model.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.forward = lambda x, c=module: RoundedConvolution.apply(x, c.weight, c.stride, c.padding)
    logits = model(x)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    return loss.item(), logits.detach().double(), {name: p.grad.double() for name, p in model.named_parameters()}


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return ((found - expected).norm() / expected.norm()).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--branch-scale", type=float, default=0.2)
    args = parser.parse_args()
    for arch, side, batch in [("resnet18", 64, 8), ("resnet50", 64, 8), ("resnet50", 224, 4)]:
        loss, logits, gradients = step(arch, side, batch, args.branch_scale, "f64")
        for kind in ["f32", "tf32"]:
            found_loss, found_logits, found = step(arch, side, batch, args.branch_scale, kind)
            whole = lambda tensors: torch.cat([tensors[name].flatten() for name in gradients])
            print(json.dumps({
                "torch": torch.__version__, "arch": arch, "size": side, "batch": batch, "branch_scale": args.branch_scale, "rounding": kind,
                "loss": abs(found_loss - loss) / loss,
                "logits": relative(found_logits, logits),
                "gradients": relative(whole(found), whole(gradients)),
                "worst_gradient": max(relative(found[name], gradients[name]) for name in gradients),
            }), flush=True)


if __name__ == "__main__":
    main()
