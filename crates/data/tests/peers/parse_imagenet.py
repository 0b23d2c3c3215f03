"""Reads and writes ImageNet shards with TensorFlow, as the reference programs do.

    python parse_imagenet.py parse FOLDER       one JSON line for each record of FOLDER's shards
    python parse_imagenet.py write RAW FOLDER   shards of RAW (train/, validation/, synset_labels.txt)

`parse` uses the feature specification of official/resnet/imagenet_main.py (`_parse_example_proto`), and
beside it one without defaults for the nine keys of tools/datasets/imagenet_to_gcs.py. `write` makes
the records of that script's `_convert_to_example`, sixteen to a shard. Run with TensorFlow 2.21.
"""

import glob
import hashlib
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

TRAINER = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string, default_value=""),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64, default_value=-1),
    "image/class/text": tf.io.FixedLenFeature([], tf.string, default_value=""),
    **{f"image/object/bbox/{edge}": tf.io.VarLenFeature(tf.float32)
       for edge in ("xmin", "ymin", "xmax", "ymax")},
}
WRITTEN = {
    "image/height": tf.int64,
    "image/width": tf.int64,
    "image/colorspace": tf.string,
    "image/channels": tf.int64,
    "image/class/label": tf.int64,
    "image/class/synset": tf.string,
    "image/format": tf.string,
    "image/filename": tf.string,
    "image/encoded": tf.string,
}
ALL_REQUIRED = {key: tf.io.FixedLenFeature([], dtype) for key, dtype in WRITTEN.items()}


def parse(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*-of-*"))):
        for record in tf.data.TFRecordDataset(path):
            trainer = tf.io.parse_single_example(record, TRAINER)
            values = tf.io.parse_single_example(record, ALL_REQUIRED)
            assert set(tf.train.Example.FromString(record.numpy()).features.feature) == set(WRITTEN)
            image = tf.io.decode_jpeg(trainer["image/encoded"], channels=3).numpy()
            assert image.shape == (values["image/height"], values["image/width"], 3)
            assert values["image/colorspace"] == b"RGB" and values["image/channels"] == 3
            assert values["image/format"] == b"JPEG"
            print(json.dumps({
                "shard": os.path.basename(path),
                "filename": values["image/filename"].numpy().decode(),
                "label": int(trainer["image/class/label"]),
                "synset": values["image/class/synset"].numpy().decode(),
                "sha256": hashlib.sha256(trainer["image/encoded"].numpy()).hexdigest(),
            }))


def example(path, synset, label):
    def feature(value):
        if isinstance(value, int):
            return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"\x89PNG"):
        data = tf.io.encode_jpeg(tf.io.decode_png(data, channels=3), format="rgb", quality=100).numpy()
    image = tf.io.decode_jpeg(data, channels=3)
    values = {
        "image/height": int(image.shape[0]),
        "image/width": int(image.shape[1]),
        "image/colorspace": b"RGB",
        "image/channels": 3,
        "image/class/label": label,
        "image/class/synset": synset.encode(),
        "image/format": b"JPEG",
        "image/filename": os.path.basename(path).encode(),
        "image/encoded": data,
    }
    features = {key: feature(value) for key, value in values.items()}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write(raw, folder):
    train = sorted(glob.glob(os.path.join(raw, "train", "*", "*.JPEG")))
    synsets = [os.path.basename(os.path.dirname(path)) for path in train]
    labels = {synset: number + 1 for number, synset in enumerate(sorted(set(synsets)))}
    validation = sorted(glob.glob(os.path.join(raw, "validation", "*.JPEG")))
    with open(os.path.join(raw, "synset_labels.txt")) as file:
        truth = file.read().splitlines()
    for prefix, paths, of in (("train", train, synsets), ("validation", validation, truth)):
        shards = -(-len(paths) // 16)
        for shard in range(shards):
            name = os.path.join(folder, prefix, f"{prefix}-{shard:05d}-of-{shards:05d}")
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with tf.io.TFRecordWriter(name) as writer:
                for path, synset in list(zip(paths, of))[16 * shard:16 * shard + 16]:
                    writer.write(example(path, synset, labels[synset]))


if __name__ == "__main__":
    {"parse": parse, "write": write}[sys.argv[1]](*sys.argv[2:])
