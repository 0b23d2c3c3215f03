"""For each of pydicom's test files with pixels: a line of JSON, and what pydicom makes of the first image in FOLDER.

    python pydicom_files.py FOLDER

`expected` names a file of 16-bit grey levels (.u16) or 8-bit colour (.rgb); it is null where pydicom decodes nothing without
further packages, and for kinds of image that are documented as not read. Says `no pydicom` where that package is missing.
"""

import json
import pathlib
import sys
import warnings

try:
    import numpy as np
    import pydicom
except ImportError:
    sys.exit(print("no pydicom"))

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "golden"))
from dicom_files import shares  # noqa: E402

warnings.simplefilter("ignore")


def first(ds):
    """Levels of the first image, or nothing."""
    if ds.file_meta.TransferSyntaxUID.is_encapsulated and ds.file_meta.TransferSyntaxUID.name != "RLE Lossless":
        return None
    if ds.BitsAllocated not in (8, 16) or "ModalityLUTSequence" in ds:
        return None
    pixels = ds.pixel_array[0] if int(ds.get("NumberOfFrames", 1) or 1) > 1 else ds.pixel_array
    if ds.PhotometricInterpretation in ("MONOCHROME1", "MONOCHROME2"):
        return "u16", np.rint(np.clip(shares(ds, pixels), 0, 1) * 65_535).astype("<u2")
    if ds.PhotometricInterpretation == "RGB" and ds.BitsAllocated == 8:
        return "rgb", pixels
    return None


def main(folder):
    test_files = pathlib.Path(pydicom.__file__).parent / "data" / "test_files"
    for number, path in enumerate(sorted(test_files.rglob("*"))):
        try:
            ds = pydicom.dcmread(path)
            if "PixelData" not in ds:
                continue
            syntax = ds.file_meta.TransferSyntaxUID
        except Exception:  # no DICOM, or one of the files that are broken on purpose
            continue
        line = {"path": str(path), "syntax": syntax, "expected": None}
        try:
            levels = first(ds)
        except Exception as error:
            line["pydicom"] = str(error)
            levels = None
        if levels is not None:
            kind, array = levels
            line["expected"] = f"{number}.{kind}"
            (folder / line["expected"]).write_bytes(array.tobytes())
        print(json.dumps(line))


main(pathlib.Path(sys.argv[1]))
