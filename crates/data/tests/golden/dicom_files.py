"""Writes dicom/*.dcm, tiny pictures in the ways DICOM stores them, and what pydicom makes of them: NAME.u16, or NAME.rgb for
colour; in which window stands in its name. Run it in its own folder; needs pydicom, Pillow and numpy, and says their versions."""

import io
import itertools
import pathlib
import struct

import numpy as np
import PIL
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_rescale, apply_voi_lut, apply_windowing
from pydicom.uid import (
    JPEG2000Lossless, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
    JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLosslessSV1, RLELossless,
)

FOLDER = pathlib.Path("dicom")
HEIGHT, WIDTH = 11, 9
IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.7"


def dataset(samples, stored, signed=False, photometric="MONOCHROME2", frames=1):
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = IMAGE_STORAGE, "1.2.3.4", "nobody"
    ds.Rows, ds.Columns = HEIGHT, WIDTH
    ds.SamplesPerPixel = 3 if photometric in ("RGB", "YBR_FULL") else 1
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = samples.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = stored, stored - 1, int(signed)
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    if frames > 1:
        ds.NumberOfFrames = frames
    return ds


def save(name, ds, pixels, syntax=ExplicitVRLittleEndian):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta = meta
    ds.PixelData = pixels
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    if syntax.is_encapsulated:
        ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    path = FOLDER / f"{name}.dcm"
    big, implicit = syntax == ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    file = FileDataset(str(path), ds, file_meta=meta, preamble=b"\0" * 128, is_little_endian=not big, is_implicit_VR=implicit)
    file.save_as(path, enforce_file_format=True)
    return path


def shares(ds, values, frame=None, window=None):
    """pydicom's result, from 0 (black) to 1."""
    rescaled = apply_rescale(values, ds)
    least, most = (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1) if ds.PixelRepresentation else (0, 2**ds.BitsStored - 1)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    least, most = least * slope + intercept, most * slope + intercept
    if window:
        center, width = ds.get("WindowCenter"), ds.get("WindowWidth")
        ds.WindowCenter, ds.WindowWidth = window
        shown = apply_windowing(rescaled, ds)
        ds.WindowCenter, ds.WindowWidth = center, width
    elif "WindowWidth" in ds:
        shown = apply_windowing(rescaled, ds)
    elif "VOILUTSequence" in ds:
        bits = ds.VOILUTSequence[0].LUTDescriptor[2]
        return apply_voi_lut(values, ds).astype(float) / (2**bits - 1)
    else:
        shown = rescaled
    share = (shown.astype(float) - least) / (most - least)
    return 1 - share if ds.PhotometricInterpretation == "MONOCHROME1" else share


def expect(name, share):
    (FOLDER / f"{name}.u16").write_bytes(np.rint(share * 65_535).astype("<u2").tobytes())


def grey(name, samples, stored, syntax=ExplicitVRLittleEndian, signed=False, photometric="MONOCHROME2", window=None, **more):
    ds = dataset(samples, stored, signed, photometric)
    for key, value in more.items():
        setattr(ds, key, value)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    path = save(name, ds, samples.astype(samples.dtype.newbyteorder(order)).tobytes().ljust(2 * ((samples.nbytes + 1) // 2), b"\0"), syntax)
    read = pydicom.dcmread(path)
    assert (read.pixel_array == samples).all(), name
    expect(name, shares(read, read.pixel_array, window=window))


def encapsulated(name, samples, stored, syntax, frames, photometric="MONOCHROME2"):
    """`frames` are encoded already."""
    save(name, dataset(samples, stored, photometric=photometric, frames=len(frames)), encapsulate(frames), syntax)


def lossless_jpeg(samples, bits):
    """Process 14, selection value 1, with a Huffman table of 17 codes of 5 bits (ITU-T T.81, H)."""
    height, width = samples.shape
    segment = lambda marker, body: struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    out = b"\xff\xd8" + segment(0xC4, bytes([0] + [0] * 4 + [17] + [0] * 11) + bytes(range(17)))
    out += segment(0xC3, struct.pack(">BHHB", bits, height, width, 1) + bytes([1, 0x11, 0]))
    out += segment(0xDA, bytes([1, 1, 0, 1, 0, 0]))
    stream = ""
    for y, x in itertools.product(range(height), range(width)):
        before = int(samples[y, x - 1]) if x else int(samples[y - 1, 0]) if y else 1 << (bits - 1)
        difference = (int(samples[y, x]) - before + 32_768) % 65_536 - 32_768
        size = abs(difference).bit_length()
        stream += f"{size:05b}"
        if 0 < size < 16:
            stream += f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}"
    stream += "1" * (-len(stream) % 8)
    data = bytes(int(stream[i : i + 8], 2) for i in range(0, len(stream), 8))
    return out + data.replace(b"\xff", b"\xff\0") + b"\xff\xd9"


def colours(rng):
    rgb = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    pad = b"\0" * (rgb.nbytes % 2)
    for planar in (0, 1):
        ds = dataset(rgb, 8, photometric="RGB")
        ds.PlanarConfiguration = planar
        data = rgb.transpose(2, 0, 1) if planar else rgb
        save(f"rgb-planar-{planar}", ds, data.tobytes() + pad)
        (FOLDER / f"rgb-planar-{planar}.rgb").write_bytes(rgb.tobytes())
    ybr = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    save("ybr-full", dataset(ybr, 8, photometric="YBR_FULL"), ybr.tobytes() + pad)
    (FOLDER / "ybr-full.rgb").write_bytes(Image.fromarray(ybr, "YCbCr").convert("RGB").tobytes())
    for photometric, name in (("RGB", "rgb-rle"), ("YBR_FULL", "ybr-rle")):
        data = rgb if photometric == "RGB" else ybr
        ds = dataset(data, 8, photometric=photometric)
        path = save(name, ds, data.tobytes() + pad)
        read = pydicom.dcmread(path)
        read.compress(RLELossless)
        read.save_as(path)
        (FOLDER / f"{name}.rgb").write_bytes((FOLDER / ("rgb-planar-0.rgb" if photometric == "RGB" else "ybr-full.rgb")).read_bytes())
    smooth = np.stack([np.add.outer(np.arange(HEIGHT) * 9, np.arange(WIDTH) * c) for c in (3, 5, 7)], 2).astype(np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(smooth).save(jpeg, "JPEG", quality=95, subsampling=0)
    encapsulated("rgb-jpeg", smooth, 8, JPEGBaseline8Bit, [jpeg.getvalue()], "YBR_FULL")
    (FOLDER / "rgb-jpeg.rgb").write_bytes(Image.open(jpeg).convert("RGB").tobytes())


def refused(rng):
    eight = rng.integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    encapsulated("refused-jpeg2000", eight, 8, JPEG2000Lossless, [b"\xff\x4f\xff\x51" * 4])
    save("refused-deflated", dataset(eight, 8), eight.tobytes() + b"\0", DeflatedExplicitVRLittleEndian)
    ds = dataset(eight, 8, photometric="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", bytes(512))
    save("refused-palette", ds, eight.tobytes() + b"\0")
    jpeg = io.BytesIO()
    Image.fromarray(eight).save(jpeg, "JPEG")
    # The precision of the frame, which makes it an extended 12-bit JPEG as far as the header goes.
    data = bytearray(jpeg.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = 0xC1, 12
    (FOLDER / "refused-12-bit.jpg").write_bytes(data)
    encapsulated("refused-12-bit-jpeg", eight.astype(np.uint16), 12, JPEGExtended12Bit, [bytes(data)])


def main():
    rng = np.random.default_rng(9)
    FOLDER.mkdir(exist_ok=True)
    random = lambda bits, signed=False: (rng.integers(0, 1 << bits, (HEIGHT, WIDTH)) - signed * (1 << (bits - 1))).astype(
        np.uint8 if bits == 8 else np.int16 if signed else np.uint16
    )
    hounsfield = dict(RescaleSlope=1, RescaleIntercept=-1024)
    for name, syntax in (("implicit", ImplicitVRLittleEndian), ("explicit", ExplicitVRLittleEndian), ("big-endian", ExplicitVRBigEndian)):
        grey(f"grey-16-{name}", random(16), 16, syntax)
        grey(f"grey-8-{name}", random(8), 8, syntax)
    grey("grey-12", random(12), 12)
    grey("grey-12-signed", random(12, True), 12, signed=True)
    grey("inverted-12", random(12), 12, photometric="MONOCHROME1")
    grey("rescaled", random(12), 12, **hounsfield)
    grey("window", random(12), 12, WindowCenter=40, WindowWidth=400, **hounsfield)
    grey("window-inverted", random(12), 12, photometric="MONOCHROME1", WindowCenter=2000, WindowWidth=1500)
    grey("window-signed", random(12, True), 12, signed=True, WindowCenter=0.5, WindowWidth=1000)
    grey("window-of-two", random(12), 12, WindowCenter=[300, 1000], WindowWidth=[2000, 100])
    grey("window-exact", random(12), 12, WindowCenter=2000, WindowWidth=1000, VOILUTFunction="LINEAR_EXACT")
    grey("window-sigmoid", random(12), 12, WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID")
    grey("given-40-400", random(12), 12, window=(40, 400), WindowCenter=500, WindowWidth=50, **hounsfield)
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [256, 1000, 12], [min(4095, 16 * n) for n in range(256)]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    grey("table", random(12), 12, VOILUTSequence=[table])
    samples = np.stack([random(12) for _ in range(4)])
    path = save("frames", dataset(samples, 12, frames=4), samples.tobytes())
    for frame, pixels in enumerate(pydicom.dcmread(path).pixel_array):
        expect(f"frames-{frame}", shares(pydicom.dcmread(path), pixels))
    for name, pixels in (("rle-16", random(16)), ("rle-8", random(8))):
        grey(name, pixels, pixels.dtype.itemsize * 8)
        read = pydicom.dcmread(FOLDER / f"{name}.dcm")
        read.compress(RLELossless)
        read.save_as(FOLDER / f"{name}.dcm")
    for bits in (8, 12, 16):
        pixels = random(bits)
        encapsulated(f"lossless-{bits}", pixels, bits, JPEGLosslessSV1, [lossless_jpeg(pixels, bits)])
        expect(f"lossless-{bits}", pixels / (2**bits - 1))
    smooth = np.add.outer(np.arange(HEIGHT) * 9, np.arange(WIDTH) * 13).astype(np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(smooth).save(jpeg, "JPEG", quality=95)
    encapsulated("lossy-8", smooth, 8, JPEGBaseline8Bit, [jpeg.getvalue()])
    expect("lossy-8", np.asarray(Image.open(jpeg)) / 255)
    colours(rng)
    refused(rng)
    versions = f"pydicom {pydicom.__version__}\nPillow {PIL.__version__}\nnumpy {np.__version__}\n"
    (FOLDER / "versions.txt").write_text(versions)


if __name__ == "__main__":
    main()
