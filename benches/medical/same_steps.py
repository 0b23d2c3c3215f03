"""Without chance both programs have to go the same way: every training picture in every step, whole.

    python same_steps.py --set xrays --pictures DIR --weights model.pth --program target/release/examples/finetune --work DIR > result.jsonl

The validation loss after each step, of each program. Flags and needs are those of `compare.py`.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch

from compare import initial_weights, processor
from pictures import SETS, manifest
from torch_recipe import learn

SIZE = 64


def ours(args, table, weights):
    folder = args.work / "same"
    command = [args.program, "--data", table, "--group", "group", "--model", "resnet50", "--pretrained", weights, "--image-size", SIZE,
               "--epochs", args.epochs, "--batch-size", args.train, "--patience", args.epochs, "--device", "cpu", "--model-dir", folder, "--fresh",
               "--no-flip", "--set", "data.crop=as-in-validation", "--set", "data.channels=3"]
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr)
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [event["validation"]["averages"]["cross_entropy"] for event in events if event["event"] == "epoch"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS, required=True)
    for name in ("pictures", "weights", "program", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--train", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    classes = list(SETS[args.set][1])
    table, rows = manifest(args.set, args.pictures, {"test": 40, "validation": 40, "train": args.train})
    # Groups are whole, so that there may be a few more.
    args.train = sum(row[2] == "train" for row in rows)
    model, weights = initial_weights(args, len(classes), 0)
    losses = []
    learn(model, args.pictures, rows, classes, SIZE, args.epochs, 0, batch=args.train, vary=False, watched=losses)
    print(json.dumps({"set": args.set, "train": args.train, "size": SIZE, "torch": torch.__version__, "machine": processor()}))
    for step, pair in enumerate(zip(ours(args, table, weights), losses, strict=True)):
        print(json.dumps(dict(zip(("step", "ours", "pytorch"), (step, *pair)))))


if __name__ == "__main__":
    main()
