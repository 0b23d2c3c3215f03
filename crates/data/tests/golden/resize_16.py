"""Writes resize-16.txt and resize-16.u16: a picture of 16 bits, and what Pillow makes of parts of it. Pillow resizes 16-bit grey
in 32-bit floats here (mode F), which is exact enough to be rounded. Run it in its own folder; needs Pillow and numpy."""

import pathlib

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 47, 61
FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# Top, left, height, width of the part; side of the result.
CASES = [(0, 0, 47, 61, 24), (5, 3, 40, 33, 24), (30, 50, 9, 7, 24), (11, 13, 24, 24, 24), (2, 1, 44, 60, 16)]


def picture(rng):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(x / (3 + c)) + np.cos(y / (4 + c)) for c in range(3)]
    smooth = np.stack(waves, axis=2) * 12_000 + 32_000
    return np.clip(smooth + rng.normal(0, 6_000, smooth.shape), 0, 65_535).astype(np.uint16)


def resized(channel, how, side):
    image = Image.fromarray(channel.astype(np.float32)).resize((side, side), how)
    return np.clip(np.rint(np.asarray(image)), 0, 65_535).astype("<u2")


def bicubic(channel, side):
    """Levels that overshoot are cut after each direction, as in 8 bits."""
    height, width = channel.shape
    across = Image.fromarray(channel.astype(np.float32)).resize((side, height), FILTERS["bicubic"])
    across = np.clip(np.rint(np.asarray(across)), 0, 65_535)
    return resized(across, FILTERS["bicubic"], side)


def main():
    image = picture(np.random.default_rng(16))
    lines, data = [f"{HEIGHT} {WIDTH}"], image.astype("<u2").tobytes()
    for top, left, height, width, side in CASES:
        part = image[top : top + height, left : left + width]
        for name, how in FILTERS.items():
            channels = [part[..., c] for c in range(3)]
            made = [bicubic(c, side) if name == "bicubic" else resized(c, how, side) for c in channels]
            lines.append(f"{name} {top} {left} {height} {width} {side}")
            data += np.stack(made, axis=2).astype("<u2").tobytes()
    pathlib.Path("resize-16.txt").write_text("\n".join(lines) + "\n")
    pathlib.Path("resize-16.u16").write_bytes(data)


main()
