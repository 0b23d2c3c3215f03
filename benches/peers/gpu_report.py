"""What `benches/gpu.sh` left in a folder, as one JSON file and a readable table. `--machine` prints what the machine is.

    python benches/peers/gpu_report.py gpu-results
"""

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path


def machine() -> dict:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit", "--format=csv,noheader"]
    try:
        gpus = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip().splitlines()
    except (OSError, subprocess.CalledProcessError):
        gpus = []
    try:
        import torch

        peer = {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    except ImportError:
        peer = None
    date = datetime.date.today().isoformat()
    return {"date": date, "cpu": cpu and cpu[1], "cores": os.cpu_count(), "gpus": gpus, "python": platform.python_version(), "peer": peer}


def values(text: str) -> list:
    """One JSON value for each line, or one over many lines."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        pass
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def kernels(log: Path) -> list[dict]:
    """The ten slowest of the last step in CubeCL's profile: the last table that holds more than a few kernels."""
    tables, rows = [], []
    for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and cells[0] == "Name":
            rows = []
            tables.append(rows)
        elif len(cells) == 4 and cells[0] not in ("", "Total") and cells[2].isdigit():
            rows.append({"name": cells[0][:120], "calls": int(cells[2]), "seconds": duration(cells[1])})
    whole = [rows for rows in tables if len(rows) >= 10]
    last = whole[-1] if whole else []
    total = sum(row["seconds"] for row in last)
    return [row | {"share": row["seconds"] / total} for row in last[:10]]


def duration(text: str) -> float:
    """Rust's way to write a time, for example 1.25ms."""
    number, unit = re.fullmatch(r"([\d.]+)(ns|µs|ms|s)", text).groups()
    return float(number) * {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}[unit]


def collect(folder: Path) -> dict:
    parts = {}
    for line in (folder / "parts.tsv").read_text().splitlines():
        name, status, seconds, command = line.split("\t")
        part = {"status": status, "seconds": int(seconds), "command": command}
        output, errors = folder / f"{name}.jsonl", folder / f"{name}.err"
        part["results"] = values(output.read_text()) if output.exists() else []
        if status != "0" and errors.exists():
            part["said"] = errors.read_text(errors="replace")[-1500:]
        parts[name] = part
    profiles = {kind: kernels(folder / f"profile-{kind}" / "kernels.log") for kind in ("f32", "bf16")}
    return {"machine": (parts["machine"]["results"] or [machine()])[0], "parts": parts, "kernels": profiles}


def throughput(whole: dict) -> list[str]:
    lines = [f"{'program':<24}{'batch':>6}{'images/s':>11}{'step ms':>10}{'host ms':>10}{'first step s':>14}{'peak GiB':>10}"]
    for name, part in whole["parts"].items():
        for result in part["results"]:
            if "images_per_second" not in result:
                continue
            milliseconds = lambda key: f"{1000 * result[key]:.1f}" if result.get(key) else "-"
            peak = f"{result['peak_memory_bytes'] / 2**30:.2f}" if result.get("peak_memory_bytes") else "-"
            step = 1000 * result["batch"] / result["images_per_second"]
            lines.append(f"{name:<24}{result['batch']:>6}{result['images_per_second']:>11.1f}{step:>10.1f}{milliseconds('issue_seconds'):>10}{result['first_step_seconds']:>14.1f}{peak:>10}")
    return lines


def table(whole: dict) -> str:
    lines = [json.dumps(whole["machine"]), "", *throughput(whole)]
    cold, warm = (whole["parts"].get(f"resnet-f32-{kind}", {}).get("results") for kind in ("cold", "warm"))
    if cold and warm:
        lines += ["", f"first step with nothing tuned {cold[0]['first_step_seconds']:.1f} s, in a new process with what was tuned {warm[0]['first_step_seconds']:.1f} s"]
    for name in ("smoke", "check-small", "check-large"):
        for entry in (whole["parts"].get(name, {}).get("results") or [{}])[0].get("devices", []):
            lines += ["", f"{name}: {entry['device']}: {entry.get('error') or entry.get('facts', {}).get('name')}"]
            for check in entry.get("checks", []):
                lines.append(f"  {check['pass']}: {'as on the CPU' if check['ok'] else 'NOT as on the CPU'} {check['error'] or ''}")
                lines += [f"    {json.dumps(result)}" for result in check["results"] if not result["ok"]]
    theirs = whole["parts"].get("pytorch-profile", {}).get("results") or [{}]
    for name, rows in [*((f"resnet, {kind}", rows) for kind, rows in whole["kernels"].items()), ("pytorch, tf32", theirs[0].get("kernels", []))]:
        lines += ["", f"slowest of one step, {name}:"]
        lines += [f"  {1000 * row['seconds']:>9.2f} ms {100 * row['share']:>5.1f} % {row['calls']:>5} x {row['name']}" for row in rows] or ["  nothing was recorded"]
    failed = [f"{name}: status {part['status']}: {part.get('said', '')[-300:].strip()}" for name, part in whole["parts"].items() if part["status"] != "0"]
    return "\n".join(lines + (["", "did not end well:", *failed] if failed else [])) + "\n"


def main() -> None:
    if sys.argv[1] == "--machine":
        print(json.dumps(machine()))
        return
    folder = Path(sys.argv[1])
    whole = collect(folder)
    (folder / "gpu.json").write_text(json.dumps(whole, indent=1) + "\n")
    (folder / "gpu.txt").write_text(table(whole))
    print(table(whole))


if __name__ == "__main__":
    main()
