"""Compares readers and writers of TFRecord files on this machine.

    cargo build --release --manifest-path crates/tfrecord/benches/peers/Cargo.toml
    python peers.py --rust BINARY --tensorflow PYTHON --tfrecord PYTHON --out RESULTS.json

Two files of about 1 GB, one of 110 kB records and one of 200 B records, from the page cache. Every run is a process of its own that reads with
one thread (TensorFlow's short records in batches of 1024, because one by one they take 100 times as long);
the clock starts after imports and stops after the last record. The peers take turns, so that a noisy machine is unfair to none.
The raw times go into RESULTS.json; the table shows the best and the median of each.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

SHAPES = {"110 kB": (110_000, 9_600), "200 B": (200, 4_960_000)}
# Python reads a few hundred thousand short records in a second: fewer of them are enough.
PYTHON_WRITES = {"110 kB": 9_600, "200 B": 500_000}


def commands(arguments, shape, path):
    length, count = SHAPES[shape]
    one = str(pathlib.Path(__file__).with_name("one.py"))
    out = path + ".written"
    rust, tf, py = [arguments.rust], [arguments.tensorflow, one], [arguments.tfrecord, one]
    few = str(PYTHON_WRITES[shape])
    return {
        "read, tfrecord-codec, one buffer": [*rust, "read", "ours", path],
        "read, tfrecord-codec, a vector each": [*rust, "read", "ours-vec", path],
        "read, tfrecord-codec, in memory": [*rust, "read", "ours-slice", path],
        "read, tfrecord 0.15 (Rust)": [*rust, "read", "tfrecord", path],
        "read, TensorFlow": [*tf, "read", "tensorflow" if length > 1000 else "tensorflow-batches", path],
        "read, tfrecord (Python), no checksums": [*py, "read", "python-tfrecord", path],
        "write, tfrecord-codec": [*rust, "write", "ours", out, str(length), str(count)],
        "write, tfrecord 0.15 (Rust)": [*rust, "write", "tfrecord", out, str(length), str(count)],
        "write, TensorFlow": [*tf, "write", "tensorflow", out, str(length), few],
        "write, tfrecord (Python)": [*py, "write", "python-tfrecord", out, str(length), few],
    }


def run(command):
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(result.stdout)


def measure(arguments, shape, folder):
    length, count = SHAPES[shape]
    path = os.path.join(folder, f"records-{length}")
    run([arguments.rust, "write", "ours", path, str(length), str(count)])
    runs = {}
    for number in range(arguments.rounds):
        for name, command in commands(arguments, shape, path).items():
            result = run(command)
            # Written pages that wait for the disk would slow the next run down.
            if os.path.exists(path + ".written"):
                os.remove(path + ".written")
            runs.setdefault(name, []).append(result)
            print(f"{shape}, round {number + 1}: {name}: {result['seconds']:.3f} s", file=sys.stderr)
    os.remove(path)
    return runs


def instructions(arguments, folder):
    """Instructions for each record under callgrind, which a noisy machine does not change.

    Two files of different length, so that starting and ending the program cancel out.
    """
    counts = {}
    for shape, (length, _) in SHAPES.items():
        few = 20 if length > 1000 else 5_000
        totals = {}
        for records in (few, 3 * few):
            path = os.path.join(folder, f"few-{length}-{records}")
            run([arguments.rust, "write", "ours", path, str(length), str(records)])
            for who in ("ours", "ours-vec", "ours-slice", "tfrecord"):
                totals.setdefault(f"read, {who}", []).append(callgrind([arguments.rust, "read", who, path]))
            for who in ("ours", "tfrecord"):
                command = [arguments.rust, "write", who, path + ".written", str(length), str(records)]
                totals.setdefault(f"write, {who}", []).append(callgrind(command))
        counts[shape] = {name: (more - less) / (2 * few) for name, (less, more) in totals.items()}
    return counts


def callgrind(command):
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command]
    result = subprocess.run(valgrind, check=True, capture_output=True, text=True)
    line = next(line for line in result.stderr.splitlines() if "Collected" in line)
    return int(line.split(":")[1].split()[0])


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    load = os.getloadavg()
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.platform(), "load": load}


def table(results):
    lines = ["| records | what | best GB/s | median GB/s | best records/s |", "|---|---|---|---|---|"]
    for shape, peers in results.items():
        for name, runs in peers.items():
            size = runs[0]["records"] * SHAPES[shape][0]
            best, median = min(r["seconds"] for r in runs), statistics.median(r["seconds"] for r in runs)
            rate = runs[0]["records"] / best
            lines.append(f"| {shape} | {name} | {size / best / 1e9:.2f} | {size / median / 1e9:.2f} | {rate:,.0f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rust", required=True, help="the program of this folder, built")
    parser.add_argument("--tensorflow", required=True, help="a Python with tensorflow")
    parser.add_argument("--tfrecord", required=True, help="a Python with tfrecord")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where the files go; a folder in memory measures no disk")
    parser.add_argument("--instructions", action="store_true", help="count instructions of the Rust peers (needs valgrind)")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        counts = instructions(arguments, folder) if arguments.instructions else None
        results = {shape: measure(arguments, shape, folder) for shape in SHAPES}
    command = "python peers.py --rounds {} --folder {}".format(arguments.rounds, arguments.folder)
    report = {"machine": before, "load after": os.getloadavg(), "command": command, "instructions": counts, "results": results}
    pathlib.Path(arguments.out).write_text(json.dumps(report, indent=1) + "\n")
    print(table(results))
    for shape, peers in (counts or {}).items():
        for name, count in peers.items():
            print(f"{shape}: {name}: {count:,.0f} instructions for each record")


if __name__ == "__main__":
    main()
