"""Fine-tunes with ours and with PyTorch: same initial weights, same split, same recipe, several seeds.

    python compare.py --set xrays --pictures DIR --weights model.pth --program target/release/examples/finetune --work DIR > result.jsonl

`--weights` is a ResNet-50 of torchvision's layout, such as `imgsim/model.pth` of the package imgsim 0.1.2 (MIT); its classifier is
left out, and both programs begin with the same new one. `as_good.py` says what the results mean. Needs torch, torchvision,
scikit-learn, safetensors, Pillow.
"""
import argparse
import csv
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torchvision import models

from areas import area, members
from pictures import SETS, manifest
from torch_recipe import learn


def initial_weights(args, classes, seed):
    """The pretrained backbone with a classifier drawn from `seed`."""
    torch.manual_seed(seed)
    model = models.resnet50(weights=None, num_classes=classes)
    pretrained = torch.load(args.weights, map_location="cpu", weights_only=True)
    backbone = {name.removeprefix("module.pre."): value for name, value in pretrained.items() if ".fc." not in name}
    missing = model.load_state_dict(backbone, strict=False)
    assert sorted(missing.missing_keys) == ["fc.bias", "fc.weight"] and not missing.unexpected_keys, missing
    path = args.work / f"initial-{classes}-{seed}.safetensors"
    save_file({name: value.contiguous() for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}, path)
    return model, path


def judged(truth, rows, groups, draws=1000):
    """The AUROC with its 95 % interval, whole groups drawn with replacement, and the probabilities."""
    groups, rng = members(groups), np.random.default_rng(0)
    drawn = (np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(draws))
    values = [value for value in (area(truth[part], rows[part]) for part in drawn) if value is not None]
    low, high = np.quantile(values, [0.025, 0.975])
    figures = {"auroc": area(truth, rows), "low": float(low), "high": float(high)}
    probabilities = [[float(f"{value:.8g}") for value in row] for row in rows.tolist()]
    return {**{name: round(value, 4) for name, value in figures.items()}, "probabilities": probabilities}


def ours(args, seed, table, weights, classes):
    folder = args.work / f"{args.set}-{seed}"
    command = [args.program, "--data", table, "--group", "group", "--model", "resnet50", "--pretrained", weights, "--image-size", args.size,
               "--epochs", args.epochs, "--batch-size", 32, "--seed", seed, "--device", "cpu", "--model-dir", folder, "--fresh",
               # As PyTorch's program does, grey X-rays are shown in three channels.
               "--set", "data.channels=3"]
    positive = SETS[args.set][3]
    command += ["--positive", positive] if positive else []
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr)
    with open(folder / "predictions.csv", newline="") as file:
        test = [row for row in csv.DictReader(file) if row["split"] == "test"]
    truth = np.array([classes.index(row["truth"]) for row in test])
    rows = np.array([[float(row[f"p({name})"]) for name in classes] for row in test])
    return judged(truth, rows, [row["group"] for row in test])


def pytorchs(args, seed, rows, model, classes):
    answers = learn(model, args.pictures, rows, classes, args.size, args.epochs, seed)
    test = [row for row in rows if row[2] == "test"]
    return judged(np.array([classes.index(row[1]) for row in test]), answers, [row[3] for row in test])


def processor():
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def say(line):
    print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--test", type=int, default=600)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--by", choices=["ours", "pytorch"], nargs="+", default=["ours", "pytorch"])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    classes = list(SETS[args.set][1])
    table, rows = manifest(args.set, args.pictures, {"test": args.test, "validation": args.test // 2, "train": args.train})
    count = lambda split: {name: sum(row[2] == split and row[1] == name for row in rows) for name in classes}
    say({"set": args.set, "images": {split: count(split) for split in ("train", "validation", "test")}, "size": args.size, "epochs": args.epochs,
         "torch": torch.__version__, "threads": torch.get_num_threads(), "machine": f"{os.cpu_count()} cores of {processor()}",
         "truth": [classes.index(row[1]) for row in rows if row[2] == "test"], "groups": [row[3] for row in rows if row[2] == "test"]})
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        model, weights = initial_weights(args, len(classes), seed)
        programs = {"ours": lambda: ours(args, seed, table, weights, classes), "pytorch": lambda: pytorchs(args, seed, rows, model, classes)}
        for name in args.by:
            start = os.times()
            result = programs[name]()
            end = os.times()
            cpu = sum(end[:4]) - sum(start[:4])
            say({"set": args.set, "seed": seed, "by": name, "cpu_seconds": round(cpu), **result})


if __name__ == "__main__":
    main()
