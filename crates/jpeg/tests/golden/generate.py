"""Writes the golden files beside this script: JPEG files and what libjpeg-turbo makes of them.

    pip install pillow==13.0 numpy
    python crates/jpeg/tests/golden/generate.py [FOLDER_OF_PHOTOGRAPHS ...]

`pictures.txt` has a line for each file: its name, width, height and the SHA-256 of its RGB pixels. With
folders as arguments, `corpora.txt` gets such lines for their files too (paths without the folders), and
`-` for those that Pillow does not decode.
"""

import hashlib
import io
import pathlib
import platform
import sys
import warnings

import numpy as np
import PIL
import PIL.features
from PIL import Image, ImageFile

HERE = pathlib.Path(__file__).parent
warnings.simplefilter("ignore")


def picture(height, width):
    """Ramps, stripes and noise: something in every coefficient, and levels that must be cut off."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    ramp = (3 * x * (c + 1) + 2 * y * (3 - c)) % 256
    stripes = 255 * (((x + 2 * c) // 5 + y // 7) % 2)
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    kind = (x // 24 + y // 24) % 4
    levels = np.choose(kind, [ramp, stripes, noise, (ramp + stripes) // 2])
    return Image.fromarray(levels.astype(np.uint8))


def cmyk(image):
    return Image.merge("CMYK", [*image.split(), image.convert("L").point(lambda level: level // 4)])


def encoded(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def without_segment(jpeg, marker):
    """Leaves the first segment of this kind out."""
    at = jpeg.index(bytes([0xFF, marker]))
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


def pictures():
    image, large = picture(45, 61), picture(131, 166)
    files = {
        "grey": encoded(image.convert("L"), quality=85),
        "grey-progressive": encoded(image.convert("L"), quality=85, progressive=True),
        "444": encoded(image, quality=92, subsampling=0),
        "422": encoded(image, quality=90, subsampling=1),
        "420": encoded(image, quality=75, subsampling=2),
        "420-large": encoded(large, quality=60, subsampling=2),
        "420-optimized": encoded(image, quality=80, subsampling=2, optimize=True),
        "420-worst": encoded(image, quality=1, subsampling=2),
        "420-best": encoded(image, quality=100, subsampling=2),
        "420-rows": encoded(large, quality=70, subsampling=2, restart_marker_rows=1),
        "422-restarts": encoded(large, quality=70, subsampling=1, restart_marker_blocks=3),
        "progressive-444": encoded(image, quality=85, subsampling=0, progressive=True),
        "progressive-420": encoded(large, quality=85, subsampling=2, progressive=True),
        "progressive-restarts": encoded(
            large, quality=70, subsampling=1, progressive=True, restart_marker_blocks=5
        ),
        "rgb": encoded(image, quality=90, keep_rgb=True),
        "cmyk": encoded(cmyk(image), quality=90),
        "cmyk-without-adobe": without_segment(encoded(cmyk(image), quality=90), 0xEE),
        "exif": encoded(image, quality=50, exif=orientation(6)),
    }
    # Frames of Motion JPEG leave the standard's Huffman tables out.
    motion = files["420"]
    while b"\xff\xc4" in motion:
        motion = without_segment(motion, 0xC4)
    files["without-huffman-tables"] = motion
    # Adobe's transform 2: the same numbers, read as YCCK.
    ycck = bytearray(files["cmyk"])
    ycck[ycck.index(b"Adobe") + 11] = 2
    files["ycck"] = bytes(ycck)
    # Rows and columns that interpolation treats in a way of their own.
    for width in (1, 2, 3, 4, 5, 15, 16, 17):
        files[f"420-width-{width}"] = encoded(picture(9, width), quality=80, subsampling=2)
        files[f"422-width-{width}"] = encoded(picture(9, width), quality=80, subsampling=1)
    for height in (1, 2, 3, 16, 17):
        files[f"420-height-{height}"] = encoded(picture(height, 20), quality=80, subsampling=2)
    # Sampling factors that Pillow does not write.
    for name, sampling, size in [
        ("440", (0x12, 0x11, 0x11), (16, 32)),
        ("411", (0x41, 0x11, 0x11), (32, 16)),
        ("410", (0x42, 0x11, 0x11), (32, 16)),
        ("441", (0x14, 0x11, 0x11), (16, 32)),
        ("luma-less", (0x11, 0x21, 0x21), (16, 32)),
        ("blue-less", (0x22, 0x11, 0x21), (16, 32)),
    ]:
        files[name] = raw_blocks(sampling, *size)
    files["separate-scans"] = raw_blocks((0x22, 0x11, 0x11), 37, 21, interleaved=False)
    return files


def raw_blocks(sampling, width, height, interleaved=True):
    """A file with these sampling factors, whose blocks are drawn at random: Pillow's tables, our bits."""
    template = encoded(picture(16, 16), quality=50, subsampling=0)
    frame, scan = template.index(b"\xff\xc0"), template.index(b"\xff\xda")
    head = bytearray(template[:scan])
    head[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    for index, factors in enumerate(sampling):
        head[frame + 11 + 3 * index] = factors
    across, down = max(f >> 4 for f in sampling), max(f & 15 for f in sampling)
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    random = np.random.default_rng(1)
    kinds = ["luma", "chroma", "chroma"]
    if interleaved:
        unit = [kind for kind, f in zip(kinds, sampling) for _ in range((f >> 4) * (f & 15))]
        data = template[scan : scan + 14] + packed(block(random, kind) for kind in unit * units)
    else:
        data = b""
        for index, (kind, f) in enumerate(zip(kinds, sampling)):
            # Blocks that hold a part of the picture, and no others.
            wide = -(-(-(-width * (f >> 4) // across)) // 8)
            high = -(-(-(-height * (f & 15) // down)) // 8)
            tables = 0x00 if kind == "luma" else 0x11
            data += bytes([0xFF, 0xDA, 0, 8, 1, index + 1, tables, 0, 63, 0])
            data += packed(block(random, kind) for _ in range(wide * high))
    return bytes(head) + data + b"\xff\xd9"


def packed(blocks):
    bits = "".join(blocks)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def block(random, kind):
    """A DC difference of 0 to 3 bits, two coefficients of 1 or 2 bits, the end: codes of T.81, annex K."""
    dc = {"luma": ["00", "010", "011", "100"], "chroma": ["00", "01", "10", "110"]}[kind]
    ac = {"luma": ["00", "01"], "chroma": ["01", "100"]}[kind]
    end = {"luma": "1010", "chroma": "00"}[kind]
    size = int(random.integers(0, 4))
    bits = dc[size] + "".join(str(bit) for bit in random.integers(0, 2, size))
    for _ in range(2):
        size = int(random.integers(1, 3))
        bits += ac[size - 1] + "".join(str(bit) for bit in random.integers(0, 2, size))
    return bits + end


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def row(name, jpeg):
    """Name, size and hash of the pixels."""
    try:
        image = Image.open(io.BytesIO(jpeg))
        if image.format not in ("JPEG", "MPO"):
            return None
        pixels = image.convert("RGB")
    except Exception:
        return f"{name} - - -"
    return f"{name} {image.width} {image.height} {hashlib.sha256(pixels.tobytes()).hexdigest()}"


def corpora(folders):
    for folder in map(pathlib.Path, folders):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                jpeg = path.read_bytes()
                if jpeg[:2] == b"\xff\xd8":
                    yield row(path.relative_to(folder.parent).as_posix().replace(" ", "?"), jpeg)


def main():
    for old in HERE.glob("*.jpg"):
        old.unlink()
    files = pictures()
    for name, jpeg in files.items():
        (HERE / f"{name}.jpg").write_bytes(jpeg)
    rows = [row(f"{name}.jpg", jpeg) for name, jpeg in files.items()]
    (HERE / "pictures.txt").write_text("\n".join(sorted(rows)) + "\n")
    if sys.argv[1:]:
        rows = [row for row in corpora(sys.argv[1:]) if row]
        (HERE / "corpora.txt").write_text("\n".join(rows) + "\n")
    versions = {
        "python": platform.python_version(),
        "pillow": PIL.__version__,
        "libjpeg-turbo": PIL.features.version("libjpeg_turbo"),
    }
    (HERE / "versions.txt").write_text("".join(f"{k} {v}\n" for k, v in versions.items()))


if __name__ == "__main__":
    main()
