"""Makes the data that examples/open_dataset.rs was measured on.

    python reader_data.py million FOLDER     1,000,000 empty files in 1,000 class folders
    python reader_data.py packed FOLDER      2,000 images of 110 kB (random bytes) as Parquet and tar (pyarrow 26.0.1)
"""

import io
import os
import sys
import tarfile


def million(folder):
    for number in range(1000):
        path = f"{folder}/n{number:08d}"
        os.makedirs(path)
        for image in range(1000):
            open(f"{path}/n{number:08d}_{image}.JPEG", "w").close()


def packed(folder):
    import pyarrow
    from pyarrow import parquet

    os.makedirs(f"{folder}/parquet")
    os.makedirs(f"{folder}/tar")
    images = [os.urandom(110_000) for _ in range(2000)]
    labels = [number % 1000 for number in range(2000)]
    struct = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    schema = pyarrow.schema([("image", struct), ("label", pyarrow.int64())])
    rows = [{"bytes": image, "path": f"{number}.jpg"} for number, image in enumerate(images)]
    table = pyarrow.table({"image": rows, "label": labels}, schema=schema)
    parquet.write_table(table, f"{folder}/parquet/train-00000-of-00001.parquet", row_group_size=100)
    with tarfile.open(f"{folder}/tar/train-000000.tar", "w") as tar:
        for number, (image, label) in enumerate(zip(images, labels)):
            for extension, content in (("jpg", image), ("cls", str(label).encode())):
                member = tarfile.TarInfo(f"{number:08d}.{extension}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


{"million": million, "packed": packed}[sys.argv[1]](sys.argv[2])
