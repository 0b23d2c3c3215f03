"""Trains ResNet-20 on a folder of CIFAR-10 images with PyTorch: the peer of `train_imagenet --preset cifar10-resnet20`.

The same recipe, number by number: `Recipe` holds what `train_imagenet --print-config` shows. Images are decoded once by Pillow, padded
by 4 black pixels, cropped and flipped at random, and normalised; an epoch leaves out its last incomplete batch; weight decay is for
tensors of two dimensions and more; weights start from torchvision's distribution. The shortcut of a stage that changes shape is a
projection, and all three convolutions of it start like every other.

`--data-dir` has `train/CLASS/*.jpg` and `validation/CLASS/*.jpg`. Prints one JSON line per epoch and one for the run.

    python benches/peers/cifar_pytorch.py --data-dir D --epochs 10 --seed 0 --threads 1
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torchvision.models.resnet import BasicBlock


@dataclass
class Recipe:
    batch_size: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    # A tenth of the rate at each of these shares of the run.
    milestones: tuple[float, ...] = (0.5, 0.75)
    pad: int = 4
    mean: tuple[float, ...] = (0.4914, 0.4822, 0.4465)
    std: tuple[float, ...] = (0.2470, 0.2435, 0.2616)


class ResNet20(nn.Module):
    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = self.stage(16, 16, 1), self.stage(16, 32, 2), self.stage(32, 64, 2)
        self.fc = nn.Linear(64, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def stage(channels_in: int, channels: int, stride: int) -> nn.Sequential:
        downsample = None
        if stride != 1:
            downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
        first = BasicBlock(channels_in, channels, stride, downsample)
        return nn.Sequential(first, BasicBlock(channels, channels), BasicBlock(channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """All images, `[n, 32, 32, 3]` of u8, and the number of each one's class by name."""
    images, labels = [], []
    for label, name in enumerate(sorted(p.name for p in folder.iterdir() if p.is_dir())):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return np.stack(images), np.array(labels)


def augmented(images: np.ndarray, pad: int, random: np.random.Generator) -> np.ndarray:
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    out = np.empty_like(images)
    for i, (top, left) in enumerate(random.integers(0, 2 * pad + 1, (len(images), 2))):
        crop = padded[i, top:top + side, left:left + side]
        out[i] = crop[:, ::-1] if random.random() < 0.5 else crop
    return out


def tensor(images: np.ndarray, recipe: Recipe) -> torch.Tensor:
    values = (images.astype(np.float32) / 255.0 - np.float32(recipe.mean)) / np.float32(recipe.std)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))


@torch.inference_mode()
def evaluate(model: nn.Module, images: np.ndarray, labels: np.ndarray, recipe: Recipe) -> tuple[float, float]:
    model.eval()
    right, loss = 0, 0.0
    for start in range(0, len(images), recipe.batch_size):
        logits = model(tensor(images[start:start + recipe.batch_size], recipe))
        wanted = torch.from_numpy(labels[start:start + recipe.batch_size])
        right += (logits.argmax(1) == wanted).sum().item()
        loss += F.cross_entropy(logits, wanted, reduction="sum").item()
    model.train()
    return right / len(images), loss / len(images)


def train(args: argparse.Namespace, recipe: Recipe) -> None:
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random = np.random.default_rng(args.seed)
    images, labels = load(args.data_dir / "train")
    test = load(args.data_dir / "validation")
    model = ResNet20()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum)
    batches = len(images) // recipe.batch_size
    at = [round(share * args.epochs * batches) for share in recipe.milestones]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, at, 0.1)
    started = time.perf_counter()
    for epoch in range(1, args.epochs + 1):
        order, sum_of_losses = random.permutation(len(images)), 0.0
        for batch in range(batches):
            chosen = order[batch * recipe.batch_size:(batch + 1) * recipe.batch_size]
            x = tensor(augmented(images[chosen], recipe.pad, random), recipe)
            loss = F.cross_entropy(model(x), torch.from_numpy(labels[chosen]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            sum_of_losses += loss.item()
        top1, test_loss = evaluate(model, *test, recipe)
        line = {"epoch": epoch, "train_loss": sum_of_losses / batches, "top1": top1, "loss": test_loss}
        print(json.dumps({"who": "pytorch", "seed": args.seed, **line}), flush=True)
    seconds = time.perf_counter() - started
    summary = {"epochs": args.epochs, "top1": top1, "loss": test_loss, "seconds": round(seconds, 1), "threads": args.threads}
    parameters = sum(p.numel() for p in model.parameters())
    print(json.dumps({"who": "pytorch", "torch": torch.__version__, "seed": args.seed, "parameters": parameters, **summary}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    train(parser.parse_args(), Recipe())


if __name__ == "__main__":
    main()
