"""Compares the pixels of our decoder with Pillow's, file by file.

    cargo build --release -p resnet-data --example decode_images
    python crates/data/tests/peers/decode_corpus.py FOLDER target/release/examples/decode_images OUT.tsv

FOLDER is what codec-corpus-small.tar unpacks to, or any folder of pictures. OUT.tsv gets a line for each file:
the verdict, the largest difference in levels, the share of samples that differ by more than 3 levels,
our decoder's peak of heap memory, for PNG the start of the SHA-256 of Pillow's pixels, and both error messages.
A summary is printed. Needs Pillow and numpy. The test `pictures_of_codec_test_suites_are_as_recorded` reads the table.
"""

import collections
import csv
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import PIL
from PIL import Image

warnings.simplefilter("ignore")
WITHIN = 3  # levels


def pillow(path):
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I;16"):
                # convert("RGB") would cut off at 255; the upper 8 bits are what every other depth gives.
                grey = (np.asarray(image) >> 8).astype(np.uint8)
                return np.repeat(grey[..., None], 3, axis=2), None
            return np.asarray(image.convert("RGB")), None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}".replace(str(path), "FILE")


def one_line(text):
    return " ".join((text or "").split())


def ours(process, path):
    process.stdin.write(f"{path}\n".encode())
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "error" in answer:
        return None, answer
    shape = (answer["height"], answer["width"], 3)
    pixels = process.stdout.read(shape[0] * shape[1] * 3)
    return np.frombuffer(pixels, np.uint8).reshape(shape), answer


def verdict(mine, theirs):
    if mine is None:
        return ("both refuse" if theirs is None else "only Pillow decodes"), "", ""
    if theirs is None:
        return "only we decode", "", ""
    if mine.shape != theirs.shape:
        return "another size", "", ""
    difference = np.abs(mine.astype(np.int16) - theirs)
    worst, share = int(difference.max()), float((difference > WITHIN).mean())
    name = "equal" if worst == 0 else "within 3 levels" if worst <= WITHIN else "more than 3 levels"
    return name, worst, f"{share:.6f}"


def fingerprint(image, kind):
    """What the test compares without Pillow. JPEG is compared by the tests of `resnet-jpeg`."""
    if image is None or kind == "jpeg":
        return ""
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


def main():
    folder, program, out = sys.argv[1:]
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    files = [path for path in files if path.suffix.lower() not in (".csv", ".md", ".txt") and "LICENSE" not in path.name]
    counts = collections.Counter()
    header = ["file", "format", "verdict", "largest_difference", "share_above_3", "our_peak_bytes", "pillow_fingerprint", "our_error", "pillow_error"]
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(header)
        for path in files:
            start = path.read_bytes()[:4]
            kind = "jpeg" if start[:2] == b"\xff\xd8" else "png" if start == b"\x89PNG" else "other"
            theirs, pillow_error = pillow(path)
            mine, answer = ours(process, path)
            name, worst, share = verdict(mine, theirs)
            counts[kind, name] += 1
            where = os.path.relpath(path, folder)
            writer.writerow([where, kind, name, worst, share, answer["peak_bytes"], fingerprint(theirs, kind), answer.get("error", ""), one_line(pillow_error)])
    print(f"Pillow {PIL.__version__}, {len(files)} files")
    for (kind, name), count in sorted(counts.items()):
        print(f"{kind:6} {name:20} {count}")


main()
