"""Writes the golden files beside this script: what torchvision and Pillow make of small images.

    pip install torch==2.11 torchvision==0.26 pillow numpy
    python crates/data/tests/golden/generate.py

The images are made by a formula that the Rust tests repeat (`pixel`), so only results are stored.
`transforms.txt` and `draws.txt` are tables for people and tests; `*.rgb` are raw RGB bytes by row.
"""

import pathlib
import platform

import numpy as np
import PIL
import PIL.features
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, RandomResizedCrop
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
BILINEAR = InterpolationMode.BILINEAR


def picture(height, width):
    """Smooth ramps, and a fine texture that resizing has to average."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    ramp = (3 * x * (c + 1) + 2 * y * (3 - c)) % 256
    texture = ((x * y) // 3 + 37 * c) % 64
    return Image.fromarray(((3 * ramp + 4 * texture) // 4 % 256).astype(np.uint8))


def save(name, image):
    (HERE / f"{name}.rgb").write_bytes(np.asarray(image.convert("RGB")).tobytes())


def transforms():
    lines = ["# kind height width then: eval = resize size; crop = top left height width size"]
    evaluations = [
        (61, 47, 32, 28),  # tall, smaller
        (47, 61, 32, 28),  # wide, smaller
        (20, 31, 40, 37),  # enlarged, odd margins
        (33, 24, 20, 26),  # the crop is larger than the resized image: black border
        (28, 28, 28, 28),  # nothing to do
        (45, 28, 28, 17),  # no resize, only the crop
    ]
    for height, width, resize, size in evaluations:
        image = F.center_crop(F.resize(picture(height, width), resize, BILINEAR, antialias=True), size)
        lines.append(f"eval {height} {width} {resize} {size}")
        save(lines[-1].replace(" ", "-"), image)
    crops = [
        (61, 47, 5, 3, 40, 33, 24),  # inside: the pixels around must not leak in
        (61, 47, 0, 0, 61, 47, 24),  # all
        (47, 61, 30, 50, 9, 7, 24),  # enlarged
        (47, 61, 11, 13, 24, 24, 24),  # same size
        (90, 80, 2, 1, 84, 12, 16),  # shrunk in one direction only
    ]
    for height, width, top, left, h, w, size in crops:
        image = F.resized_crop(
            picture(height, width), top, left, h, w, [size, size], BILINEAR, antialias=True
        )
        lines.append(f"crop {height} {width} {top} {left} {h} {w} {size}")
        save(lines[-1].replace(" ", "-"), image)
    (HERE / "transforms.txt").write_text("\n".join(lines) + "\n")


def quantiles(drawn, height, width, probabilities):
    """A row for each quantity of parts (top, left, height, width) of an image, and its quantiles."""
    top, left, h, w = drawn.T
    quantities = {
        "area": h * w / (height * width),
        "aspect": np.log(w / h),
        "top": (top + 0.5) / (height - h + 1),
        "left": (left + 0.5) / (width - w + 1),
    }
    for name, values in quantities.items():
        yield " ".join([name, *(f"{q:.4f}" for q in np.quantile(values, probabilities))])


def draws():
    """Quantiles of what RandomResizedCrop draws; the Rust tests compare theirs."""
    torch.manual_seed(0)
    probabilities = [0.05, 0.25, 0.5, 0.75, 0.95]
    lines = [
        "# height width quantity then the quantiles " + " ".join(map(str, probabilities)),
        "# area: share of the image; aspect: log(width / height); top, left: share of the room;",
        "# of 100000 draws each",
    ]
    for height, width in [(375, 500), (500, 333), (40, 300)]:
        image = Image.new("RGB", (width, height))
        drawn = np.array(
            [RandomResizedCrop.get_params(image, (0.08, 1.0), (3 / 4, 4 / 3)) for _ in range(100_000)]
        )
        lines += [f"{height} {width} {row}" for row in quantiles(drawn, height, width, probabilities)]
    (HERE / "draws.txt").write_text("\n".join(lines) + "\n")


def jpegs():
    """JPEG files of every kind that the decoder reads, with Pillow's (libjpeg-turbo's) pixels."""
    image = picture(37, 43)
    cmyk = Image.merge("CMYK", [*image.split(), image.convert("L").point(lambda level: level // 4)])
    kinds = {
        "baseline-444": (image, {"quality": 90, "subsampling": 0}),
        "baseline-422": (image, {"quality": 90, "subsampling": 1}),
        "baseline-420": (image, {"quality": 90, "subsampling": 2}),
        "progressive-420": (image, {"quality": 90, "subsampling": 2, "progressive": True}),
        "restart-420": (image, {"quality": 90, "subsampling": 2, "restart_marker_rows": 1}),
        "grey": (image.convert("L"), {"quality": 90}),
        "cmyk": (cmyk, {"quality": 90}),
        "exif-orientation-6": (image, {"quality": 90, "exif": orientation(6)}),
    }
    for name, (source, options) in kinds.items():
        path = HERE / f"{name}.jpg"
        source.save(path, "JPEG", **options)
        save(name, Image.open(path))


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def versions():
    rows = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
        "libjpeg-turbo": PIL.features.version("libjpeg_turbo"),
    }
    text = "".join(f"{name} {version}\n" for name, version in rows.items())
    (HERE / "versions.txt").write_text(text)


if __name__ == "__main__":
    transforms()
    draws()
    jpegs()
    versions()
