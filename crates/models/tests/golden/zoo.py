"""Parameters, multiply-adds and tensor shapes of every named network, counted on torchvision's and timm's own modules.

Networks are built on the meta device, which holds no weights; multiply-adds are those of convolutions and fully connected
layers, counted by hooks at the network's default input. `published` is torchvision's own figure (`_ops`, in units of 1e9).

    pip install timm==1.0.31
    python crates/models/tests/golden/zoo.py    # rewrites zoo.json beside it, one minute
"""

import json
from pathlib import Path

import timm
import torch
import torchvision

TORCHVISION = """resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2
wide_resnet101_2""".split()
TIMM = """resnet26 resnet200 resnet50c resnet101c resnet152c resnet18d resnet34d resnet26d resnet50d resnet101d resnet152d resnet200d
resnet26t resnet50t resnext50d_32x4d resnext101_32x4d seresnet18 seresnet34 seresnet50 seresnet101 seresnet152 seresnet152d
seresnext50_32x4d seresnext101_32x8d ecaresnet26t ecaresnet50t ecaresnet50d ecaresnet101d resnetrs50 resnetrs101 resnetrs152
resnetrs200 resnetrs270 resnetrs350 resnetrs420 resnetblur18 resnetblur50 resnetblur50d resnetblur101d resnetaa34d resnetaa50
resnetaa50d resnetaa101d resnet50_gn resnetv2_18 resnetv2_34 resnetv2_50 resnetv2_101 resnetv2_152 resnetv2_50d resnetv2_101d
resnetv2_152d resnetv2_50t""".split()


def count(model, pixels: int) -> int:
    """Multiply-adds of one image."""
    total = 0

    def hook(module, inputs, output):
        nonlocal total
        total += module.weight[0].numel() * output.numel()

    layers = (torch.nn.Conv2d, torch.nn.Conv1d, torch.nn.Linear)
    handles = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, layers)]
    with torch.no_grad():
        model.eval()(torch.empty(1, 3, pixels, pixels, device="meta"))
    for handle in handles:
        handle.remove()
    return total


def fingerprint(model) -> str:
    """FNV-1a of `key[shape];` for each float tensor of the state dict, in the order of the keys."""
    value = 0xCBF29CE484222325
    for key, tensor in sorted(model.state_dict().items()):
        if not key.endswith("num_batches_tracked"):
            for byte in f"{key}{list(tensor.shape)};".encode():
                value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def entry(model, pixels: int, published=None) -> dict:
    result = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "multiply_adds": count(model, pixels),
        "input": pixels,
        "tensors": fingerprint(model),
    }
    return result if published is None else result | {"published": published}


def main() -> None:
    zoo = {}
    with torch.device("meta"):
        for name in TORCHVISION:
            weights = list(torchvision.models.get_model_weights(name))[-1]
            zoo[name] = entry(torchvision.models.get_model(name), 224, weights.meta["_ops"])
        for name in TIMM:
            model = timm.create_model(name)
            zoo[name] = entry(model, model.default_cfg["input_size"][1])
    golden = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__, "models": zoo}
    Path(__file__).with_name("zoo.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
