"""Where PyTorch spends a training step on the CPU, and what the machine can do at best.

Prints JSON lines. The first: the seconds of each kind of operation in the fastest of several steps, GFLOP/s of a square matrix product, and GB/s of
a copy (bytes read plus bytes written), the best of several tries. The others: every convolution of that step by its shape, forward and backward, with
the names that `bench_step --profile` of this repository gives them.

    python benches/peers/pytorch_profile.py --batch 16 --threads 2 --channels-last
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
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def roofline() -> dict[str, float]:
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    gemm = best(lambda: torch.mm(a, b), 20)
    source, target = torch.randn(2**25), torch.empty(2**25)
    copy = best(lambda: target.copy_(source), 10)
    return {"gemm_gflops": round(2 * 1024**3 / gemm / 1e9, 1), "copy_gb_per_s": round(2 * 4 * 2**25 / copy / 1e9, 1)}


def by_kind(recorded: profile) -> dict[str, float]:
    events = recorded.key_averages()
    parts = {"seconds": sum(event.self_cpu_time_total for event in events) / 1e6}
    for event in events:
        kind = KINDS.get(event.key, event.key)
        parts[kind] = parts.get(kind, 0.0) + event.self_cpu_time_total / 1e6
    return parts


def convolutions(recorded: profile) -> list[dict[str, object]]:
    """Forward and backward of each shape. The backward pass is one operation: data gradient and weight gradient."""
    events = recorded.key_averages(group_by_input_shape=True)
    backward = [event for event in events if event.key == "aten::convolution_backward"]
    outputs = {str(event.input_shapes[1:3]): event.input_shapes[0] for event in backward}
    lines = []
    for event in [event for event in events if event.key == "aten::convolution"] + backward:
        is_forward = event.key == "aten::convolution"
        x, weight = event.input_shapes[:2] if is_forward else event.input_shapes[1:3]
        y = outputs[str([x, weight])]
        stride = round(x[2] / y[2])
        gradients = 1 if is_forward else 2 if x[1] > 3 else 1
        flops = 2 * y[0] * y[1] * y[2] * y[3] * weight[1] * weight[2] * weight[3] * gradients * event.count
        lines.append({
            "operation": "convolution" if is_forward else "convolution, both gradients",
            "shape": f"{x[1]} to {weight[0]}, {weight[2]}x{weight[3]}, stride {stride}, {x[2]}x{x[3]}, groups {x[1] // weight[1]}",
            "calls": event.count,
            "seconds": round(event.cpu_time_total / 1e6, 5),
            "gflops_per_second": round(flops / event.cpu_time_total / 1e3, 1),
        })
    return sorted(lines, key=lambda line: -line["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="resnet50")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    model = getattr(torchvision.models, args.arch)(weights=None).to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-5)
    x = torch.randn(args.batch, 3, args.size, args.size).to(memory_format=layout)
    labels = torch.randint(1000, (args.batch,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels, label_smoothing=0.1).backward()
        optimizer.step()

    def recorded_step() -> profile:
        with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as recorded:
            step()
        return recorded

    step()
    recorded = min((recorded_step() for _ in range(args.tries)), key=lambda recorded: by_kind(recorded)["seconds"])
    settings = {"peer": "pytorch", "torch": torch.__version__, "arch": args.arch, "size": args.size, "threads": args.threads,
                "batch": args.batch, "channels_last": args.channels_last}
    kinds = sorted(by_kind(recorded).items(), key=lambda part: -part[1])
    print(json.dumps(settings | {"seconds": {kind: round(part, 4) for kind, part in kinds if part > 0.002}} | roofline()))
    for line in convolutions(recorded):
        print(json.dumps({"peer": "pytorch"} | line))


if __name__ == "__main__":
    main()
