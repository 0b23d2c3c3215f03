"""Images per second of torchvision's DataLoader alone: the peer of `examples/bench_loader.rs`.

    python benches/peers/torchvision_loader.py --images DIR --workers 1,2 [--backend pillow|tensor]

DIR holds JPEG files, at any depth. They are repeated up to --count images, decoded, cropped at
random to 224 pixels, flipped at random, and collated to uint8 batches: the work that our loader does
from records of the same files. Prints one JSON object per number of workers; the first epoch is not
timed.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import resource
import time

import torch
import torchvision
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2


class Repeated(torch.utils.data.Dataset):
    """The files in order, over and over."""

    def __init__(self, files, count, backend, size):
        self.files, self.count, self.backend = files, count, backend
        steps = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip()]
        if backend == "pillow":
            steps.append(v2.PILToTensor())
        self.transform = v2.Compose(steps)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        path = self.files[index % len(self.files)]
        if self.backend == "pillow":
            with open(path, "rb") as file:
                image = Image.open(file).convert("RGB")
        else:
            image = decode_jpeg(read_file(path), ImageReadMode.RGB)
        return self.transform(image), index % len(self.files)


def limit_threads(_worker):
    """One core per worker, as for our threads."""
    torch.set_num_threads(1)


def cpu_seconds():
    """Processor time of this process and its workers so far (Linux, proc(5) fields 14 and 15)."""
    ticks = 0
    for pid in [os.getpid()] + [child.pid for child in multiprocessing.active_children()]:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(args, dataset, workers):
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_size=args.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=True,
        prefetch_factor=2,
        worker_init_fn=limit_threads,
    )
    for _ in loader:
        pass
    start, cpu = time.perf_counter(), cpu_seconds()
    images = 0
    for _ in range(args.epochs):
        for batch, _labels in loader:
            assert batch.dtype == torch.uint8
            images += len(batch)
    seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    result = {
        "loader": f"torchvision {torchvision.__version__} {args.backend}",
        "split": "train",
        "size": args.size,
        "batch_size": args.batch_size,
        "threads": workers,
        "images": images,
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds, 1),
        "cpu_seconds": round(cpu, 2),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(result), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--backend", choices=["pillow", "tensor"], default="pillow")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    patterns = ["*.JPEG", "*.jpeg", "*.jpg"]
    files = sorted(str(file) for pattern in patterns for file in args.images.rglob(pattern))
    if not files:
        parser.error(f"no JPEG files in {args.images}")
    dataset = Repeated(files, args.count, args.backend, args.size)
    for workers in args.workers.split(","):
        measure(args, dataset, int(workers))


if __name__ == "__main__":
    main()
