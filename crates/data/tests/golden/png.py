"""Writes png/*.png, tiny pictures of every PNG colour type, depth and interlacing, and Pillow's pixels of
each as png/*.rgb; of 16 bits, all of them, without transparency, as png/*.rgb16 (little-endian). Run it in its own folder; needs Pillow and numpy, and says their versions."""

import io
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image

HEIGHT, WIDTH = 11, 9
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
NAMES = {0: "grey", 2: "rgb", 3: "palette", 4: "grey-alpha", 6: "rgba"}
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(samples, depth):
    out = b""
    for row in samples:
        values = row.reshape(-1)
        if depth == 16:
            packed = values.astype(">u2").tobytes()
        else:
            bits = "".join(f"{value:0{depth}b}" for value in values)
            bits += "0" * (-len(bits) % 8)
            packed = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        out += b"\0" + packed
    return out


def png(color, depth, interlaced, transparency, rng):
    top = min(1 << depth, 200 if color == 3 else 1 << depth)
    samples = rng.integers(0, top, (HEIGHT, WIDTH, CHANNELS[color]))
    if interlaced:
        passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7]
        data = b"".join(rows(part, depth) for part in passes if part.size)
    else:
        data = rows(samples, depth)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, interlaced))
    if color == 3:
        out += chunk(b"PLTE", rng.integers(0, 256, 3 * min(1 << depth, 200), np.uint8).tobytes())
    if transparency:
        key = b"".join(struct.pack(">H", value) for value in samples[0, 0])
        out += chunk(b"tRNS", bytes([0, 128]) if color == 3 else key)
    return out + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""), samples


def pixels(encoded):
    image = Image.open(io.BytesIO(encoded))
    if image.mode.startswith("I;16"):
        # convert("RGB") cuts off at 255; the upper 8 bits are what Pillow keeps of 16-bit colour.
        return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, axis=2).tobytes()
    return image.convert("RGB").tobytes()


def main():
    rng = np.random.default_rng(5)
    folder = pathlib.Path("png")
    depths = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
    for color, several in depths.items():
        for depth in several:
            for interlaced in (0, 1):
                for transparency in (0, 1) if color in (0, 2, 3) else (0,):
                    encoded, samples = png(color, depth, interlaced, transparency, rng)
                    words = [NAMES[color], str(depth)] + ["interlaced"] * interlaced + ["transparent"] * transparency
                    name = "-".join(words)
                    (folder / f"{name}.png").write_bytes(encoded)
                    (folder / f"{name}.rgb").write_bytes(pixels(encoded))
                    if depth == 16:
                        colour = samples[..., :1] if samples.shape[2] < 3 else samples[..., :3]
                        colour = np.broadcast_to(colour, (HEIGHT, WIDTH, 3))
                        (folder / f"{name}.rgb16").write_bytes(colour.astype("<u2").tobytes())
    (folder / "versions.txt").write_text(f"Pillow {PIL.__version__}\nnumpy {np.__version__}\n")


main()
