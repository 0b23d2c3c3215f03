"""Times PyTorch's training step of ResNet-50 on a GPU, as `bench_step --pipelined` does ours: one JSON line for each batch size.

The network is torchvision's ResNet-50 (version 1.5, 25,557,032 parameters), written out because torchvision may be absent. A step brings a batch of bytes from pinned
memory to the device, normalises it there, and is forward, label-smoothed cross entropy, backward and an SGD step with momentum. The steps are not waited for one by one.

    python benches/peers/pytorch_gpu_step.py --batch 64 128 256 --precision bf16 --channels-last --compile
"""

import argparse
import contextlib
import json
import resource
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn
from torch.profiler import ProfilerActivity, profile

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def convolution(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.parts = nn.ModuleList([convolution(channels, width, 1), convolution(width, width, 3, stride), convolution(width, out, 1)])
        self.shortcut = convolution(channels, out, 1, stride) if channels != out or stride != 1 else nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second, third = self.parts
        return self.relu(third(self.relu(second(self.relu(first(x))))) + self.shortcut(x))


def resnet50() -> nn.Sequential:
    layers: list[nn.Module] = [convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, blocks in enumerate([3, 4, 6, 3]):
        for block in range(blocks):
            layers.append(Bottleneck(channels, 64 << stage, 2 if stage > 0 and block == 0 else 1))
            channels = 256 << stage
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == 25_557_032, parameters
    return model


def training_step(args: argparse.Namespace, batch: int) -> Callable[[], None]:
    device = torch.device(args.device)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    model = resnet50().to(device, memory_format=layout).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-5)
    forward = torch.compile(model) if args.compile else model
    pixels = torch.randint(256, (batch, args.size, args.size, 3), dtype=torch.uint8)
    pixels = pixels.pin_memory() if device.type == "cuda" else pixels
    labels = torch.arange(batch, device=device) % 1000
    scale = (1 / (255 * torch.tensor(STD, device=device))).view(1, 3, 1, 1)
    shift = -(torch.tensor(MEAN, device=device) / torch.tensor(STD, device=device)).view(1, 3, 1, 1)
    low = torch.autocast(device.type, torch.bfloat16) if args.precision == "bf16" else contextlib.nullcontext()

    def step() -> None:
        x = pixels.to(device, non_blocking=True).permute(0, 3, 1, 2).float() * scale + shift
        optimizer.zero_grad(set_to_none=True)
        with low:
            loss = F.cross_entropy(forward(x.contiguous(memory_format=layout)), labels, label_smoothing=0.1)
        loss.backward()
        optimizer.step()

    return step


def wait(args: argparse.Namespace) -> None:
    if args.device.startswith("cuda"):
        torch.cuda.synchronize()


def measure(args: argparse.Namespace, batch: int) -> dict:
    is_cuda = args.device.startswith("cuda")
    if is_cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    step = training_step(args, batch)
    start = time.perf_counter()
    step()
    wait(args)
    first = time.perf_counter() - start
    for _ in range(1, args.warmup):
        step()
    wait(args)
    start = time.perf_counter()
    for _ in range(args.steps):
        step()
    issue = time.perf_counter() - start
    wait(args)
    seconds = (time.perf_counter() - start) / args.steps
    result = {"batch": batch, "images_per_second": batch / seconds, "seconds": [seconds], "first_step_seconds": first, "issue_seconds": issue / args.steps}
    if is_cuda:
        result |= {"peak_memory_bytes": torch.cuda.max_memory_reserved(), "peak_allocated_bytes": torch.cuda.max_memory_allocated(), "peak_memory_of": "pools of the device"}
    else:
        result |= {"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10, "peak_memory_of": "process"}
    if args.profile:
        result["kernels"] = slowest(step, args)
    return result


def slowest(step: Callable[[], None], args: argparse.Namespace) -> list[dict]:
    """The ten kernels (on the CPU: operations) with the longest time in one step."""
    is_cuda = args.device.startswith("cuda")
    with profile(activities=[ProfilerActivity.CUDA if is_cuda else ProfilerActivity.CPU]) as recorded:
        step()
        wait(args)
    events = recorded.key_averages()
    time_of = lambda event: (event.self_device_time_total if is_cuda else event.self_cpu_time_total) / 1e6
    ranked = sorted(events, key=time_of, reverse=True)
    total = sum(map(time_of, events))
    return [{"name": event.key[:120], "calls": event.count, "seconds": time_of(event), "share": time_of(event) / total} for event in ranked[:10]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--precision", choices=["f32", "tf32", "bf16"], default="f32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--profile", action="store_true", help="add the ten slowest kernels of one step")
    args = parser.parse_args()

    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = args.precision != "f32"
    device = torch.cuda.get_device_name(args.device) if args.device.startswith("cuda") else f"CPU ({torch.get_num_threads()} threads)"
    for batch in args.batch:
        common = {"program": "pytorch", "torch": torch.__version__, "device": device, "arch": "resnet50", "mode": "train", "size": args.size,
                  "precision": args.precision, "channels_last": args.channels_last, "compile": args.compile}
        print(json.dumps(common | measure(args, batch)), flush=True)


if __name__ == "__main__":
    main()
