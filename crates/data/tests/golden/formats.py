"""Writes formats/*.tif and *.bmp, tiny pictures, and their pixels: NAME.rgb (8 bits) or NAME.rgb16 (little-endian). TIFF is
written by hand, because Pillow writes no colour of 16 bits; what Pillow can read it must read alike. Run it in its own folder;
needs Pillow and numpy, and says their versions."""

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image

HEIGHT, WIDTH = 11, 9
CHANNELS = {"grey": 1, "grey-alpha": 2, "rgb": 3, "rgba": 4}
FOLDER = pathlib.Path("formats")


def tiff(samples, order, planar=False, deflate=False, rows_per_strip=4, white_is_zero=False, tile=None):
    """Samples [height, width, channels] as TIFF; `order` is "<" or ">"."""
    height, width, channels = samples.shape
    bits = samples.dtype.itemsize * 8
    if white_is_zero:
        samples = np.iinfo(samples.dtype).max - samples
    data = samples.astype(samples.dtype.newbyteorder(order))
    planes = [data[..., c : c + 1] for c in range(channels)] if planar else [data]
    if tile:
        pad = np.zeros_like(data[:1, :1])
        chunks = []
        for y, x in itertools.product(range(0, height, tile), range(0, width, tile)):
            block = np.broadcast_to(pad, (tile, tile, channels)).copy()
            part = data[y : y + tile, x : x + tile]
            block[: part.shape[0], : part.shape[1]] = part
            chunks.append(block.tobytes())
    else:
        chunks = [plane[y : y + rows_per_strip].tobytes() for plane in planes for y in range(0, height, rows_per_strip)]
    if deflate:
        chunks = [zlib.compress(chunk) for chunk in chunks]
    photometric = 2 if channels >= 3 else 0 if white_is_zero else 1
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * channels), 259: (3, [8 if deflate else 1]),
            262: (3, [photometric]), 277: (3, [channels]), 284: (3, [2 if planar else 1])}
    offsets, counts = (324, 325) if tile else (273, 279)
    tags[counts] = (4, [len(chunk) for chunk in chunks])
    if tile:
        tags[322], tags[323] = (4, [tile]), (4, [tile])
    else:
        tags[278] = (4, [rows_per_strip])
    if channels in (2, 4):
        tags[338] = (3, [2])
    place, starts = 8, []
    for chunk in chunks:
        starts.append(place)
        place += len(chunk) + len(chunk) % 2
    tags[offsets] = (4, starts)
    body = b"".join(chunk + b"\0" * (len(chunk) % 2) for chunk in chunks)
    entries, extra = b"", b""
    behind = place + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) > 4:
            field = struct.pack(f"{order}I", behind + len(extra))
            extra += packed + b"\0" * (len(packed) % 2)
        else:
            field = packed.ljust(4, b"\0")
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + field
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, place)
    return head + body + struct.pack(f"{order}H", len(tags)) + entries + b"\0" * 4 + extra


def rgb(samples):
    colour = samples[..., :1] if samples.shape[2] < 3 else samples[..., :3]
    return np.broadcast_to(colour, colour.shape[:2] + (3,))


def check_with_pillow(name, encoded, samples):
    """Pillow has no 16-bit colour."""
    if samples.dtype == np.uint16 and samples.shape[2] > 1:
        return
    found = np.asarray(Image.open(io.BytesIO(encoded)))
    assert (found.reshape(samples.shape) == samples).all(), name


def write(name, encoded, samples, pillow=True):
    if pillow:
        check_with_pillow(name, encoded, samples)
    (FOLDER / name).write_bytes(encoded)
    suffix = ".rgb16" if samples.dtype == np.uint16 else ".rgb"
    (FOLDER / name).with_suffix(suffix).write_bytes(rgb(samples).astype(samples.dtype.newbyteorder("<")).tobytes())


def main():
    rng = np.random.default_rng(8)
    FOLDER.mkdir(exist_ok=True)
    for (kind, channels), dtype in itertools.product(CHANNELS.items(), (np.uint8, np.uint16)):
        bits = dtype().itemsize * 8
        samples = lambda: rng.integers(0, 1 << bits, (HEIGHT, WIDTH, channels)).astype(dtype)
        write(f"{kind}-{bits}.tif", tiff(data := samples(), "<"), data)
        write(f"{kind}-{bits}-big-endian-deflate.tif", tiff(data := samples(), ">", deflate=True), data)
        if channels > 1:
            write(f"{kind}-{bits}-planes.tif", tiff(data := samples(), "<", planar=True), data, pillow=channels != 2)
        write(f"{kind}-{bits}-tiles.tif", tiff(data := samples(), "<", tile=16), data)
        if channels == 1:
            encoded = tiff(data := samples(), "<", white_is_zero=True)
            # Pillow inverts 8 bits of such files, and not 16.
            write(f"white-is-zero-{bits}.tif", encoded, data, pillow=bits == 8)
    for mode, name in (("L", "grey-8"), ("RGB", "rgb-8"), ("I;16", "grey-16")):
        dtype = np.uint16 if mode == "I;16" else np.uint8
        shape = (HEIGHT, WIDTH, 3 if mode == "RGB" else 1)
        for compression in ("tiff_lzw", "packbits"):
            data = (rng.integers(0, 4, shape) * (1000 if dtype == np.uint16 else 50)).astype(dtype)
            image = Image.fromarray(data if mode == "RGB" else data[..., 0])
            buffer = io.BytesIO()
            image.save(buffer, "TIFF", compression=compression)
            write(f"{name}-{compression.removeprefix('tiff_')}.tif", buffer.getvalue(), data)
    for mode, name in (("1", "bits"), ("L", "grey"), ("P", "palette"), ("RGB", "rgb"), ("RGBA", "rgba")):
        data = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        image = Image.fromarray(data).convert("RGB").convert(mode)
        buffer = io.BytesIO()
        image.save(buffer, "BMP")
        (FOLDER / f"{name}.bmp").write_bytes(buffer.getvalue())
        (FOLDER / f"{name}-bmp.rgb").write_bytes(Image.open(buffer).convert("RGB").tobytes())
    for name, image in (("cmyk", Image.new("CMYK", (4, 4))), ("float", Image.new("F", (4, 4)))):
        image.save(FOLDER / f"refused-{name}.tif")
    for name, dtype in (("grey-8", np.uint8), ("grey-16", np.uint16)):
        data = rng.integers(0, 256, (HEIGHT, WIDTH, 1)).astype(dtype)
        buffer = io.BytesIO()
        Image.fromarray(data[..., 0]).save(buffer, "TIFF", big_tiff=True)
        write(f"{name}-bigtiff.tif", buffer.getvalue(), data)
    (FOLDER / "versions.txt").write_text(f"Pillow {PIL.__version__}\nnumpy {np.__version__}\n")


main()
