"""What PyTorch makes of photographs with weights that other people trained: real_weights.json beside this script.

    python tests/golden/real_weights.py SHARED_DATA IMGSIM_WHEEL

SHARED_DATA is the folder with cifar-resnets/ and cifar10-12k.tar; IMGSIM_WHEEL the wheel of `pip download --no-deps
imgsim==0.1.2`. Neither weights nor photographs are stored here, only their names, SHA-256 and PyTorch's answers; the test
(tests/it/real_weights.rs) reads the files where they are and says so where they are not. Made with torch 2.11.0.
"""

import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from torch import nn

PHOTOS = 20
CIFAR = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


class Block(nn.Module):
    """The block of github.com/akamaster/pytorch_resnet_cifar10, for which the weights were trained: option A shortcuts."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.pad = stride, (width - channels) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        channels = 16
        for stage, width in enumerate((16, 32, 64), 1):
            layers = []
            for index in range(blocks):
                layers.append(Block(channels, width, 2 if stage > 1 and index == 0 else 1))
                channels = width
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def pixels(data: bytes, size: int | None = None) -> tuple[np.ndarray, torch.Tensor]:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    if size:
        left, top = (image.width - size) // 2, (image.height - size) // 2
        image = image.crop((left, top, left + size, top + size))
    array = np.asarray(image)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in CIFAR)
    return array, (torch.from_numpy(array.copy()).permute(2, 0, 1) / 255.0 - mean) / std


def answers(model: nn.Module, photos: dict[str, bytes], size: int | None) -> dict:
    found = {}
    for name, data in photos.items():
        array, tensor = pixels(data, size)
        with torch.inference_mode():
            probabilities = model(tensor[None])[0].double().softmax(0)
        top = probabilities.topk(5)
        found[name] = {
            "pixels": hashlib.sha256(array.tobytes()).hexdigest(),
            "top5": top.indices.tolist(),
            "probabilities": [round(p, 7) for p in top.values.tolist()],
        }
    return found


def cifar(folder: Path) -> dict:
    path = folder / "cifar-resnets/resnet20-12fca82f.th"
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    model = CifarResNet(3)
    model.load_state_dict({key.removeprefix("module."): value for key, value in state.items()}, strict=True)
    with tarfile.open(folder / "cifar10-12k.tar") as tar:
        names = sorted(m.name for m in tar.getmembers() if "/test/" in m.name and m.name.endswith(".jpg"))
        chosen = names[:: len(names) // PHOTOS][:PHOTOS]
        photos = {name: tar.extractfile(name).read() for name in chosen}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"weights": "cifar-resnets/resnet20-12fca82f.th", "sha256": sha256, "photos": answers(model.eval(), photos, None)}


def imgsim(wheel: Path) -> dict:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read("imgsim/model.pth")
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    prefix = "module.pre."
    state = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    model = torchvision.models.resnet50(weights=None, num_classes=768)
    model.load_state_dict(state, strict=True)
    import sklearn

    images = Path(sklearn.__file__).parent / "datasets/images"
    photos = {name: (images / name).read_bytes() for name in ("china.jpg", "flower.jpg")}
    sha256 = hashlib.sha256(content).hexdigest()
    return {"weights": "imgsim/model.pth", "sha256": sha256, "crop": 224, "photos": answers(model.eval(), photos, 224)}


def main() -> None:
    found = {"torch": torch.__version__, "resnet20": cifar(Path(sys.argv[1])), "resnet50": imgsim(Path(sys.argv[2]))}
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
