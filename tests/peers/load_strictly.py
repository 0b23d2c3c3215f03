"""Loads a .safetensors file into torchvision's or timm's network of that name with strict=True; prints what it held.

    python tests/peers/load_strictly.py resnet18.safetensors resnet18
"""

import json
import sys

import timm
import torch
import torchvision
from safetensors.torch import load_file

SHORT = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}


def main() -> None:
    path, name = sys.argv[1:]
    state = load_file(path)
    if name in torchvision.models.list_models(module=torchvision.models):
        models = [torchvision.models.get_model(name, weights=None), timm.create_model(name, pretrained=False)]
    else:
        models = [timm.create_model(name, pretrained=False)]
    for model in models:
        model.load_state_dict(state, strict=True)
        for key, value in model.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                assert torch.equal(value, state[key].to(value.dtype)), key
        model.eval()
        with torch.inference_mode():
            assert model(torch.zeros(1, 3, 64, 64)).isfinite().all()
    print(json.dumps({"dtypes": sorted({SHORT[tensor.dtype] for tensor in state.values()}), "models": len(models)}))


if __name__ == "__main__":
    main()
