"""What torchvision, Pillow and TensorFlow make of an image: the golden files of transforms.

    pip install torch==2.11 torchvision==0.26 pillow numpy tensorflow-cpu==2.21
    python crates/data/tests/golden/transforms.py

writes `pixel-ops.txt` (one case a line: height, width, then operations joined by ` ; `),
`pixel-ops.rgb` (the results one after the other, raw RGB by row), `policies.txt` (every operation that
a policy of torchvision may draw), `auto-augment.txt` (how often AutoAugment takes each) and
`regions.txt` (quantiles of random rectangles). With arguments

    transforms.py CASES IMAGE RESULTS

it runs the cases of one file on the raw RGB pixels of another: the tests do so with photographs.
"""

import pathlib
import platform
import sys

import numpy as np
import PIL
import torch
import torchvision
from generate import picture, quantiles
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode, RandomErasing, autoaugment
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
MODES = {mode.value: mode for mode in InterpolationMode}
PIXELS = [
    "horizontal-flip",
    "vertical-flip",
    "grayscale",
    *[f"brightness {factor}" for factor in (0, 0.3, 1.7)],
    *[f"contrast {factor}" for factor in (0, 0.3, 1.7)],
    *[f"saturation {factor}" for factor in (0, 0.4, 1.9)],
    *[f"sharpness {factor}" for factor in (0, 0.5, 1.9)],
    *[f"hue {turn}" for turn in (-0.5, -0.2, 0.13, 0.5)],
    "invert",
    *[f"posterize {bits}" for bits in (1, 4, 8)],
    *[f"solarize {threshold}" for threshold in (0, 110.5, 255)],
    "brightness 0.5 ; auto-contrast",
    "saturation 0 ; brightness 0.4 ; auto-contrast",
    "auto-contrast",
    "equalize",
    "posterize 2 ; equalize",
    *[f"shear-x {slope} {mode}" for slope in (-0.3, 0.99) for mode in ("nearest", "bilinear")],
    *[f"shear-y {slope} {mode}" for slope in (-0.99, 0.15) for mode in ("nearest", "bilinear")],
    "translate 5 -3",
    *[f"rotate {angle} {mode}" for angle in (30, -77.3, 180) for mode in ("nearest", "bilinear")],
    "rotate 90 nearest",
    "rotate -135 bilinear",
    "mix 0.25 ; rotate 20 bilinear ; posterize 3 ; add 0.5 ; equalize ; add 0.25",
]
SIZES = [
    *[f"resize 14 19 {mode}" for mode in ("nearest", "bilinear", "bicubic", "aliased", "tf1")],
    *[f"resize 39 30 {mode}" for mode in ("nearest", "bilinear", "bicubic", "aliased", "tf1")],
    "squash 16 bicubic",
    "letterbox 20 bilinear",
    "letterbox 17 bilinear",
    "tensorflow-center-crop 18 15",
    "tensorflow-center-crop 27 21",
    "ten-crop 18 13",
]


def resize(image, height, width, mode):
    if mode == "tf1":
        import tensorflow as tf

        floats = tf.compat.v1.image.resize(
            np.asarray(image, np.float32), [height, width], align_corners=False
        )
        return Image.fromarray(np.rint(floats.numpy()).astype(np.uint8))
    if mode == "aliased":
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        pixels = F.resize(pixels, [height, width], MODES["bilinear"], antialias=False)
        return Image.fromarray(pixels.permute(1, 2, 0).numpy())
    return F.resize(image, [height, width], MODES[mode], antialias=True)


def tensorflow_center_crop(image, shorter, size):
    """`_aspect_preserving_resize` and `_central_crop` of official/r1/resnet/imagenet_preprocessing.py."""
    scale = np.float32(shorter) / np.float32(min(image.size))
    width, height = (int(np.float32(side) * scale) for side in image.size)
    pixels = np.asarray(resize(image, height, width, "tf1"))
    top, left = (height - size) // 2, (width - size) // 2
    return Image.fromarray(pixels[top : top + size, left : left + size])


def affine(image, translate=(0, 0), shear=(0.0, 0.0), mode="nearest", **where):
    degrees = [float(np.degrees(np.arctan(slope))) for slope in shear]
    return F.affine(image, 0.0, list(translate), 1.0, degrees, MODES[mode], **where)


OPERATIONS = {
    "horizontal-flip": F.hflip,
    "vertical-flip": F.vflip,
    "grayscale": lambda image: F.to_grayscale(image, 3),
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "sharpness": F.adjust_sharpness,
    "hue": F.adjust_hue,
    "invert": F.invert,
    "posterize": F.posterize,
    "solarize": F.solarize,
    "auto-contrast": F.autocontrast,
    "equalize": F.equalize,
    "shear-x": lambda image, slope, mode: affine(image, shear=(slope, 0), mode=mode, center=[0, 0]),
    "shear-y": lambda image, slope, mode: affine(image, shear=(0, slope), mode=mode, center=[0, 0]),
    "translate": lambda image, x, y: affine(image, translate=(x, y)),
    "rotate": lambda image, angle, mode: F.rotate(image, angle, MODES[mode]),
    "resize": resize,
    "squash": lambda image, size, mode: resize(image, size, size, mode),
    "letterbox": lambda image, size, mode: ImageOps.pad(
        image, (size, size), getattr(Image, mode.upper()), (124, 116, 104)
    ),
    "tensorflow-center-crop": tensorflow_center_crop,
}


def parsed(word):
    try:
        return int(word) if word.lstrip("-").isdigit() else float(word)
    except ValueError:
        return word


def run(image, operations):
    """Raw RGB bytes of the result; `mix` and `add` as torchvision's AugMix sums and truncates."""
    original, mixture = image, None
    for operation in operations.split(" ; "):
        name, *arguments = map(parsed, operation.split(" "))
        if name == "mix":
            mixture = torch.tensor(arguments[0]) * torch.from_numpy(np.array(image))
        elif name == "add":
            mixture += torch.tensor(arguments[0]) * torch.from_numpy(np.array(image))
            image = original
        elif name == "ten-crop":
            shorter, size = arguments
            views = F.ten_crop(F.resize(image, shorter, antialias=True), size)
            return b"".join(np.asarray(view).tobytes() for view in views)
        else:
            image = OPERATIONS[name](image, *arguments)
    return (np.asarray(image) if mixture is None else mixture.to(torch.uint8).numpy()).tobytes()


def pixel_ops():
    cases = [f"31 23 {operations}" for operations in PIXELS + SIZES]
    cases += [f"20 37 {operations}" for operations in SIZES]
    (HERE / "pixel-ops.txt").write_text("\n".join(cases) + "\n")
    with open(HERE / "pixel-ops.rgb", "wb") as results:
        for case in cases:
            height, width, operations = case.split(" ", 2)
            results.write(run(picture(int(height), int(width)), operations))


def policies():
    """Every operation with its magnitude that RandAugment and the others may draw."""
    lines = ["# policy, bins, height, width, index of the magnitude, operation, magnitude, signed"]
    spaces = [
        ("rand-augment", 31, 224, 192, autoaugment.RandAugment()._augmentation_space(31, (224, 192))),
        ("rand-augment", 10, 31, 23, autoaugment.RandAugment()._augmentation_space(10, (31, 23))),
        ("trivial-augment-wide", 31, 224, 224, autoaugment.TrivialAugmentWide()._augmentation_space(31)),
        ("aug-mix", 10, 224, 192, autoaugment.AugMix()._augmentation_space(10, (224, 192))),
    ]
    for policy, bins, height, width, space in spaces:
        for name, (magnitudes, signed) in space.items():
            values = magnitudes.tolist() if magnitudes.ndim else []
            for index, value in enumerate(values):
                where = f"{policy} {bins} {height} {width} {index}"
                lines.append(f"{where} {name} {value!r} {'signed' if signed else 'unsigned'}")
    (HERE / "policies.txt").write_text("\n".join(lines) + "\n")


def auto_augment():
    """How often an image meets each operation of AutoAugment, from torchvision's own table."""
    augment = autoaugment.AutoAugment()
    space, rates = augment._augmentation_space(10, (224, 224)), {}
    for pair in augment.policies:
        for name, p, index in pair:
            magnitudes, signed = space[name]
            magnitude = 0.0 if index is None else float(magnitudes[index])
            for sign in (1, -1) if signed else (1,):
                key = (name, sign * magnitude)
                rates[key] = rates.get(key, 0) + p / len(augment.policies) / (2 if signed else 1)
    lines = ["# operation, magnitude, expected times per image of 224 x 224 pixels"]
    lines += [f"{name} {value!r} {rate:.6f}" for (name, value), rate in sorted(rates.items())]
    (HERE / "auto-augment.txt").write_text("\n".join(lines) + "\n")


def regions():
    """Quantiles of what RandomErasing and sample_distorted_bounding_box draw."""
    import tensorflow as tf

    torch.manual_seed(0)
    probabilities = [0.05, 0.25, 0.5, 0.75, 0.95]
    lines = [
        "# kind height width quantity then the quantiles " + " ".join(map(str, probabilities)),
        "# area: share of the image; aspect: log(width / height); top, left: share of the room",
    ]

    def erasing(image, _):
        return RandomErasing.get_params(image, (0.02, 0.33), (0.3, 3.3), [0.0])[:4]

    def distorted_box(shape, index):
        begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
            shape, tf.zeros([0, 0, 4]), [index, 7], 0.1, (0.75, 1.33), (0.05, 1.0), 100, True
        )
        return *begin.numpy()[:2], *size.numpy()[:2]

    for kind, height, width in [
        ("erasing", 224, 224),
        ("erasing", 40, 300),
        ("distorted-box", 375, 500),
        ("distorted-box", 500, 333),
        ("distorted-box", 40, 300),
    ]:
        if kind == "erasing":
            drawn = [erasing(torch.zeros(3, height, width), index) for index in range(50_000)]
        else:
            shape = tf.constant([height, width, 3])
            drawn = [distorted_box(shape, index) for index in range(20_000)]
        rows = quantiles(np.array(drawn), height, width, probabilities)
        lines += [f"{kind} {height} {width} {row}" for row in rows]
    (HERE / "regions.txt").write_text("\n".join(lines) + "\n")


def versions():
    import tensorflow as tf

    rows = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
        "numpy": np.__version__,
        "tensorflow": tf.__version__,
    }
    text = "".join(f"{name} {version}\n" for name, version in rows.items())
    (HERE / "transforms-versions.txt").write_text(text)


def main():
    if len(sys.argv) == 1:
        pixel_ops()
        policies()
        auto_augment()
        regions()
        versions()
        return
    cases, image, results = map(pathlib.Path, sys.argv[1:])
    cases = cases.read_text().splitlines()
    height, width, _ = cases[0].split(" ", 2)
    pixels = np.frombuffer(image.read_bytes(), np.uint8).reshape(int(height), int(width), 3)
    image = Image.fromarray(pixels)
    results.write_bytes(b"".join(run(image, case.split(" ", 2)[2]) for case in cases))


if __name__ == "__main__":
    main()
