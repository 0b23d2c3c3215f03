"""Where PyTorch spends a training step of ResNet-50 on the CPU, and what the machine can do at best.

Prints one JSON object: the seconds of each kind of operation in the fastest of several steps, GFLOP/s of a square matrix product, and GB/s of a copy
(bytes read plus bytes written). One thread, so that other work on the machine disturbs little; the best of several tries.

    python benches/peers/pytorch_profile.py --batch 8 --channels-last
"""

import argparse
import json
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
import torchvision
from torch.profiler import ProfilerActivity, profile

KINDS = {
    "aten::mkldnn_convolution": "convolution forward",
    "aten::convolution_backward": "convolution backward",
    "aten::native_batch_norm": "batch norm forward",
    "aten::native_batch_norm_backward": "batch norm backward",
    "aten::clamp_min_": "relu forward",
    "aten::threshold_backward": "relu backward",
    "aten::add_": "add",
    "aten::add": "add",
    "aten::max_pool2d_with_indices": "max pool forward",
    "aten::max_pool2d_with_indices_backward": "max pool backward",
    "Optimizer.step#SGD.step": "optimizer",
}


def best(work: Callable[[], object], tries: int) -> float:
    times = []
    for _ in range(tries):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


def roofline() -> dict[str, float]:
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    gemm = best(lambda: torch.mm(a, b), 20)
    source, target = torch.randn(2**25), torch.empty(2**25)
    copy = best(lambda: target.copy_(source), 10)
    return {"gemm_gflops": round(2 * 1024**3 / gemm / 1e9, 1), "copy_gb_per_s": round(2 * 4 * 2**25 / copy / 1e9, 1)}


def shares(step: Callable[[], None]) -> dict[str, float]:
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        step()
    events = recorded.key_averages()
    parts = {"seconds": sum(event.self_cpu_time_total for event in events) / 1e6}
    for event in events:
        kind = KINDS.get(event.key, event.key)
        parts[kind] = parts.get(kind, 0.0) + event.self_cpu_time_total / 1e6
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tries", type=int, default=4)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    model = torchvision.models.resnet50(weights=None).to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-5)
    x = torch.randn(args.batch, 3, 224, 224).to(memory_format=layout)
    labels = torch.randint(1000, (args.batch,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels, label_smoothing=0.1).backward()
        optimizer.step()

    step()
    parts = min((shares(step) for _ in range(args.tries)), key=lambda parts: parts["seconds"])
    print(json.dumps({
        "peer": "pytorch",
        "torch": torch.__version__,
        "threads": 1,
        "batch": args.batch,
        "channels_last": args.channels_last,
        "seconds": {kind: round(part, 4) for kind, part in sorted(parts.items(), key=lambda part: -part[1]) if part > 0.002},
    } | roofline()))


if __name__ == "__main__":
    main()
