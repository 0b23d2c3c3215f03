"""Processor time per picture of libjpeg-turbo, through Pillow: the peer of `time_decoding` in `resnet-jpeg`.

    pip install pillow==13.0
    python benches/peers/jpeg_decoding.py FOLDER [ROUNDS]

Prints a line of JSON. `decode` is the file to RGB pixels in memory, as training programs do it.
"""

import io
import json
import pathlib
import sys
import time

import PIL
from PIL import Image, features

folder, rounds = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 5
files = [path.read_bytes() for path in pathlib.Path(folder).iterdir()]
start = time.process_time()
for _ in range(rounds):
    for file in files:
        Image.open(io.BytesIO(file)).convert("RGB")
ms = 1e3 * (time.process_time() - start) / (len(files) * rounds)
library = f"Pillow {PIL.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}"
print(json.dumps({"work": "decode", "library": library, "pictures": len(files), "ms": round(ms, 3)}))
