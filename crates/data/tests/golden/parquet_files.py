"""Writes parquet/*.parquet: small stand-ins for data sets on the Hugging Face hub.

    python parquet_files.py        (made with pyarrow 26.0.1)

The schema and the metadata under `huggingface` are those of `imagenet-1k`; the images are a few bytes
of text, because Parquet does not look into them. Codecs are those that pyarrow offers; Zstandard is
one that the reader refuses.
"""

import json
import pathlib

import pyarrow
from pyarrow import parquet

FOLDER = pathlib.Path(__file__).parent / "parquet"
IMAGE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
FEATURES = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "cow"], "_type": "ClassLabel"}}
METADATA = {"huggingface": json.dumps({"info": {"features": FEATURES}})}


def write(name, labels, **options):
    images = [{"bytes": f"image {n} of {name}".encode() * 3, "path": f"{n}.jpg"} for n in range(len(labels))]
    if None in labels:
        images[labels.index(None)] = None
    schema = pyarrow.schema([("image", IMAGE), ("label", pyarrow.int64())], metadata=METADATA)
    table = pyarrow.table({"image": images, "label": labels}, schema=schema)
    parquet.write_table(table, FOLDER / name, row_group_size=2, **options)


FOLDER.mkdir(exist_ok=True)
write("train-00000-of-00002.parquet", [0, 2, 1, 0, 2])
write("train-00001-of-00002.parquet", [1, 1, 0], compression="gzip", data_page_version="2.0")
write("validation-00000-of-00001.parquet", [2, 0], compression="none", use_dictionary=False)
write("test-00000-of-00001.parquet", [-1, None, -1])
write("zstd.parquet", [0], compression="zstd")
