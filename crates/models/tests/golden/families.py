"""Golden values of every family of networks: timm's and torchvision's results with weights by formula.

Each case is a shallow network (two blocks in the first stage, one in the others) of full width: its eval-mode feature maps and
logits, and one training step's loss, gradients and BatchNorm buffers. Long tensors are stored as their norm and two values.

    pip install timm==1.0.31
    python crates/models/tests/golden/families.py    # rewrites families.json beside it, one minute
"""

import json
from functools import partial
from pathlib import Path

import timm
import torch
import torchvision
from timm.layers import BlurPool2d, GroupNorm, SEModule, create_conv2d
from timm.layers import BatchNormAct2d
from timm.models.resnet import BasicBlock, Bottleneck, ResNet, make_blocks
from timm.models.resnetv2 import ResNetV2
from torchvision.ops import FrozenBatchNorm2d

from generate import formula, load_formula

CLASSES = 10
DEEP = dict(stem_width=32, stem_type="deep")
D = dict(avg_down=True, **DEEP)


def v1(block=Bottleneck, **options):
    """timm's network of version 1.5."""
    attention = options.pop("attention", None)
    if attention is not None:
        options["block_args"] = dict(attn_layer=attention)
    return ResNet(block, (2, 1, 1, 1), num_classes=CLASSES, **options)


def v2(basic=False, **options):
    """timm's network of version 2."""
    if basic:
        options = dict(channels=(64, 128, 256, 512), basic=True, bottle_ratio=1.0) | options
    return ResNetV2(
        options.pop("layers", (2, 1, 1, 1)), num_classes=CLASSES, conv_layer=create_conv2d, **({"norm_layer": BatchNormAct2d} | options)
    )


def stride_in_first():
    """Version 1: bottlenecks stride in the first 1x1 convolution."""
    model = v1()
    for block in (model.layer2[0], model.layer3[0], model.layer4[0]):
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return model


def wide_cifar():
    """WRN-10-2: version 2, basic blocks, 3x3 stem without pooling."""
    model = v2(basic=True, layers=(1, 1, 1), channels=(32, 64, 128), stem_chs=16)
    model.stem = torch.nn.Sequential()
    model.stem.add_module("conv", torch.nn.Conv2d(3, 16, 3, padding=1, bias=False))
    return model


class Cifar(torch.nn.Module):
    """He et al. 2015, section 4.2, with projections where shapes change: ResNet-8."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        stages, _ = make_blocks((BasicBlock,) * 3, (16, 32, 64), (1, 1, 1), 16, norm_layer=torch.nn.BatchNorm2d)
        for name, stage in stages:
            self.add_module(name, stage)
        self.fc = torch.nn.Linear(64, CLASSES)

    def forward_intermediates(self, x, intermediates_only=True):
        maps = [self.bn1(self.conv1(x)).relu()]
        for stage in (self.layer1, self.layer2, self.layer3):
            maps.append(stage(maps[-1]))
        return maps

    def forward(self, x):
        return self.fc(self.forward_intermediates(x)[-1].mean((2, 3)))


def frozen():
    """torchvision's ResNet with FrozenBatchNorm2d."""
    return torchvision.models.resnet.ResNet(
        torchvision.models.resnet.Bottleneck, [2, 1, 1, 1], num_classes=CLASSES, norm_layer=FrozenBatchNorm2d
    )


# Name in families.rs: how to build it, and the input.
CASES = {
    "v1": (stride_in_first, (4, 3, 32, 64)),
    "resnext": (partial(v1, cardinality=32, base_width=4), (4, 3, 32, 64)),
    "wide": (partial(v1, base_width=128), (4, 3, 32, 64)),
    # Some with SiLU: with ReLU rounding decides the sign of some activation, and
    # algorithms of convolution that are equally good round differently.
    "c": (partial(v1, act_layer="silu", **DEEP), (4, 3, 32, 64)),
    "d": (partial(v1, act_layer="silu", **D), (4, 3, 32, 64)),
    "d_odd": (partial(v1, act_layer="silu", **D), (4, 3, 43, 50)),
    "t": (partial(v1, act_layer="silu", stem_width=32, stem_type="deep_tiered", avg_down=True), (4, 3, 32, 64)),
    "se": (partial(v1, attention="se"), (4, 3, 32, 64)),
    "se_basic": (partial(v1, BasicBlock, attention="se"), (4, 3, 32, 64)),
    "eca_d": (partial(v1, attention="eca", **D), (4, 3, 32, 128)),
    "rs": (partial(v1, attention=partial(SEModule, rd_ratio=0.25), replace_stem_pool=True, **D), (4, 3, 32, 48)),
    "blur": (partial(v1, aa_layer=BlurPool2d), (4, 3, 32, 64)),
    "blur_d_basic_odd": (partial(v1, BasicBlock, act_layer="silu", aa_layer=BlurPool2d, **D), (4, 3, 43, 66)),
    "average": (partial(v1, aa_layer=torch.nn.AvgPool2d), (4, 3, 32, 64)),
    "group_norm": (partial(v1, act_layer="silu", norm_layer=GroupNorm), (4, 3, 32, 64)),
    "frozen": (frozen, (4, 3, 32, 64)),
    "stride_8": (partial(v1, output_stride=8), (4, 3, 32, 32)),
    "stride_16_d": (partial(v1, act_layer="silu", output_stride=16, **D), (4, 3, 32, 64)),
    "silu_gray": (partial(v1, in_chans=1, act_layer="silu", global_pool="avgmax"), (4, 1, 32, 64)),
    "gelu_cat": (partial(v1, BasicBlock, in_chans=4, act_layer="gelu", global_pool="catavgmax"), (4, 4, 32, 64)),
    "v2": (partial(v2, norm_layer=partial(BatchNormAct2d, act_layer="silu")), (4, 3, 32, 64)),
    "v2_d": (partial(v2, stem_type="deep", avg_down=True), (4, 3, 32, 64)),
    "v2_basic": (partial(v2, basic=True), (4, 3, 32, 64)),
    "cifar": (Cifar, (4, 3, 32, 32)),
    "wide_cifar": (wide_cifar, (4, 3, 16, 16)),
}


def digits(value: torch.Tensor) -> float:
    return float(f"{value.item():.8g}")


def summary(tensor: torch.Tensor) -> list:
    """Shape, norm, first value and middle value."""
    flat = tensor.detach().flatten()
    return [list(tensor.shape), digits(flat.double().norm()), digits(flat[0]), digits(flat[flat.numel() // 2])]


def intermediates(model, x):
    if hasattr(model, "forward_intermediates"):
        return model.forward_intermediates(x, intermediates_only=True)
    maps = [model.relu(model.bn1(model.conv1(x)))]
    x = model.maxpool(maps[0])
    for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
        maps.append(x := stage(x))
    return maps


def evaluate(model, x) -> dict:
    with torch.no_grad():
        model.eval()
        return {"logits": [digits(v) for v in model(x).flatten()], "features": [summary(f) for f in intermediates(model, x)]}


def train(model, x, labels) -> dict:
    """Loss of one batch, gradients of the parameters and buffers after it."""
    model.train()
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    tensors = {name: summary(p.grad) for name, p in model.named_parameters()}
    tensors |= {name: summary(b) for name, b in model.named_buffers() if name in model.state_dict() and b.dim() > 0}
    return {"loss": digits(loss), "tensors": tensors}


def noise(single: dict, double: dict) -> float:
    """How far two results are apart, in the norms of gradients and buffers."""
    return max(abs(single[key][1] / max(double[key][1], 1e-30) - 1.0) for key in single)


def case(name, build, shape) -> dict:
    """The input grows until no activation is so near zero that rounding decides its sign."""
    for columns in range(shape[3], shape[3] + 32 * 8, 32):
        golden = measure(build, (*shape[:3], columns))
        if golden["noise"] < 1e-5:
            print(name, golden["input"], golden["loss"], golden["noise"])
            return golden
    raise SystemExit(f"{name}: every input is on the edge")


def measure(build, shape) -> dict:
    torch.manual_seed(0)
    model = load_formula(build())
    x, labels = formula("input", shape), torch.arange(shape[0]) * 3 % CLASSES
    golden = {"input": list(shape), "labels": labels.tolist(), **evaluate(model, x)}
    golden |= train(model, x, labels)
    # The running statistics have moved; start again from the formula's.
    double = train(load_formula(model).double(), x.double(), labels)["tensors"]
    golden["noise"] = float(f"{noise(golden['tensors'], double):.2g}")
    return golden


def main() -> None:
    torch.set_num_threads(1)
    golden = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
    golden["cases"] = {name: case(name, build, shape) for name, (build, shape) in CASES.items()}
    Path(__file__).with_name("families.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
