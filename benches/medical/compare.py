"""Fine-tunes on chest X-rays with ours and with PyTorch: same initial weights, same split, same recipe, three seeds.

    python compare.py --xrays DIR --work DIR --train 400 --test 300 --size 64 --epochs 8 > result.jsonl

DIR holds `train/NORMAL`, `train/PNEUMONIA`, `test/NORMAL` and `test/PNEUMONIA` (the set of Kermany et al., CC BY 4.0, at 224 px).
Patients are told by the file names (`personN_`, `IM-NNNN-`); those of NORMAL test images may be in NORMAL training images, so only the
set's own training images are used, divided anew by patient. Needs torch, torchvision, scikit-learn, safetensors, Pillow.
"""
import argparse
import csv
import hashlib
import json
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torchvision import models, transforms

CLASSES = ["NORMAL", "PNEUMONIA"]
ROOT = Path(__file__).resolve().parents[2]


def patient(path):
    name = path.stem
    return name.split("_")[0] if name.startswith("person") else "-".join(name.split("-")[:-1])


def manifest(args):
    """Whole patients, drawn by the hash of their names, and one manifest that both programs read."""
    patients = {}
    for label in CLASSES:
        for path in sorted((args.xrays / "train" / label).iterdir()):
            patients.setdefault((label, patient(path)), []).append(path)
    wanted = {"train": args.train, "validation": args.test // 2, "test": args.test}
    rows = []
    for label in CLASSES:
        share = 1341 / 5216 if label == "NORMAL" else 3875 / 5216
        queue = sorted((key for key in patients if key[0] == label), key=lambda key: hashlib.sha256("/".join(key).encode()).digest())
        for split, count in wanted.items():
            taken = 0
            while queue and taken < round(count * share):
                key = queue.pop()
                for path in patients[key]:
                    rows.append([os.path.relpath(path, args.xrays), label, split, "/".join(key)])
                taken += len(patients[key])
    path = args.xrays / "compare.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "label", "split", "patient"])
        writer.writerows(rows)
    return path, rows


def initial_weights(args, seed):
    torch.manual_seed(seed)
    model = models.resnet18(weights=None, num_classes=2)
    path = args.work / f"initial-{seed}.safetensors"
    state = {k: v.contiguous() for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state, path)
    return model, path


def auroc(truth, scores, groups, seed=0, draws=1000):
    """AUROC and its 95 % interval, patients drawn with replacement."""
    truth, scores = np.array(truth), np.array(scores)
    members = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    members, rng, values = list(members.values()), np.random.default_rng(seed), []
    for _ in range(draws):
        drawn = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        if 0 < truth[drawn].sum() < len(drawn):
            values.append(roc_auc_score(truth[drawn], scores[drawn]))
    low, high = np.quantile(values, [0.025, 0.975])
    return {"auroc": roc_auc_score(truth, scores), "low": float(low), "high": float(high)}


def ours(args, seed, table, weights):
    folder = args.work / f"ours-{seed}"
    command = [
        "cargo", "run", "--release", "-q", "--example", "finetune", "--", "--data", table, "--group", "patient",
        "--model", "resnet18", "--pretrained", weights, "--freeze-until", "none", "--image-size", str(args.size),
        "--set", f"data.validation_resize={args.size}", "--set", "optimizer.layer_decay=1", "--epochs", str(args.epochs),
        "--patience", "1000", "--batch-size", "32", "--learning-rate", "1e-3", "--no-flip", "--positive", "PNEUMONIA",
        "--seed", str(seed), "--model-dir", folder, "--fresh",
    ]
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdout=sys.stderr)
    with open(folder / "predictions.csv", newline="") as file:
        test = [row for row in csv.DictReader(file) if row["split"] == "test"]
    truth = [row["truth"] == "PNEUMONIA" for row in test]
    return auroc(truth, [float(row["p(PNEUMONIA)"]) for row in test], [row["group"] for row in test])


def torchs(args, seed, rows, model):
    torch.manual_seed(seed)
    random.seed(seed)
    images = {split: [(Image.open(args.xrays / path).convert("RGB"), CLASSES.index(label), group) for path, label, s, group in rows if s == split]
              for split in ("train", "validation", "test")}
    pixels = np.stack([np.asarray(image.resize((224, 224)), dtype=np.float64) / 255 for image, _, _ in images["train"]])
    normalise = transforms.Normalize(pixels.mean((0, 1, 2)), pixels.std((0, 1, 2)))
    random_crop = transforms.Compose([transforms.RandomResizedCrop(args.size, scale=(0.7, 1.0), ratio=(0.85, 1.18)), transforms.ToTensor(), normalise])
    whole = transforms.Compose([transforms.Resize((args.size, args.size)), transforms.ToTensor(), normalise])
    counts = np.bincount([label for _, label, _ in images["train"]])
    weights = (1 - 0.999) / (1 - 0.999 ** counts)
    loss_of = torch.nn.CrossEntropyLoss(weight=torch.tensor(weights * 2 / weights.sum(), dtype=torch.float32), reduction="none")
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=1e-3)
    steps_per_epoch = len(images["train"]) // 32
    total = steps_per_epoch * args.epochs
    best, step = (math.inf, None), 0

    def probabilities(split):
        model.eval()
        with torch.no_grad():
            batches = [torch.stack([whole(image) for image, _, _ in images[split][at:at + 32]]) for at in range(0, len(images[split]), 32)]
            return torch.cat([model(batch) for batch in batches])

    for _ in range(args.epochs):
        model.train()
        order = torch.randperm(len(images["train"])).tolist()
        for at in range(steps_per_epoch):
            part = [images["train"][index] for index in order[at * 32:(at + 1) * 32]]
            done = max(0, step - steps_per_epoch) / (total - steps_per_epoch)
            rate = 1e-3 * min((step + 1) / steps_per_epoch, 0.5 * (1 + math.cos(math.pi * done)))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = loss_of(model(torch.stack([random_crop(image) for image, _, _ in part])), torch.tensor([label for _, label, _ in part])).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
        truth = torch.tensor([label for _, label, _ in images["validation"]])
        validation = torch.nn.functional.cross_entropy(probabilities("validation"), truth).item()
        if validation < best[0]:
            best = (validation, {k: v.clone() for k, v in model.state_dict().items()})
    model.load_state_dict(best[1])
    scores = torch.softmax(probabilities("test"), 1)[:, 1].tolist()
    return auroc([label == 1 for _, label, _ in images["test"]], scores, [group for _, _, group in images["test"]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--xrays", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--train", type=int, default=400)
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    table, rows = manifest(args)
    counts = {split: sum(row[2] == split for row in rows) for split in ("train", "validation", "test")}
    print(json.dumps({"command": " ".join(sys.argv[1:]).replace(str(args.xrays), "DIR").replace(str(args.work), "DIR"), "images": counts, "torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for seed in range(args.seeds):
        model, weights = initial_weights(args, seed)
        for name, train in (("ours", lambda: ours(args, seed, table, weights)), ("pytorch", lambda: torchs(args, seed, rows, model))):
            start = time.time()
            result = train()
            print(json.dumps({"seed": seed, "by": name, **result, "seconds": round(time.time() - start)}), flush=True)


if __name__ == "__main__":
    main()
