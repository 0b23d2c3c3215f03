"""Writes the files in `data/` with TensorFlow, and `data/manifest.json` with what TensorFlow reads in them.

    python generate.py    # needs tensorflow and tensorboard; the versions used are in the manifest

Nothing random and no time goes in, so a new run differs only where TensorFlow changed.
"""

import json
import pathlib
import platform
import shutil
import sys

import describe
import google.protobuf
import numpy as np
import tensorboard
import tensorflow as tf

DATA = pathlib.Path(__file__).parent / "data"
TIME = 1_700_000_000.25


def payloads():
    pattern = bytes(range(256))
    yield from (b"", b"a", b"", b"\x00" * 7, pattern, (pattern * 20)[:5000], (pattern * 300)[: 1 << 16])
    # A payload of 35,615 bytes makes a frame that starts with gzip's magic number.
    yield b"\x1f\x8b" * 17_807 + b"!"


def write(name, compression, items):
    path = DATA / name
    options = tf.io.TFRecordOptions(compression_type=describe.COMPRESSION[compression])
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for item in items:
            writer.write(item)
    return path


def feature(kind, values):
    lists = {"bytes_list": tf.train.BytesList, "float_list": tf.train.FloatList, "int64_list": tf.train.Int64List}
    return tf.train.Feature(**{kind: lists[kind](value=values)})


def features():
    floats = [0.0, -0.0, 1.5, -1e-45, 3.4028234663852886e38, float("nan"), float("inf"), float("-inf")]
    return {
        "": feature("int64_list", [7]),
        "bytes/one": feature("bytes_list", [b"\xff\xd8\x00\xff"]),
        "bytes/many": feature("bytes_list", [b"", b"a", b"\x00" * 300]),
        "bytes/none": feature("bytes_list", []),
        "float/one": feature("float_list", [0.1]),
        "float/many": feature("float_list", floats),
        "float/none": feature("float_list", []),
        "int64/one": feature("int64_list", [-1]),
        "int64/many": feature("int64_list", [0, 127, 128, -128, 2**31, -(2**31), 2**63 - 1, -(2**63)]),
        "int64/none": feature("int64_list", []),
        "größe/🐕": feature("int64_list", [42]),
        "unset": tf.train.Feature(),
    }


def field(number, body):
    assert len(body) < 128
    return bytes([number << 3 | 2, len(body)]) + body


def odd_examples():
    """Messages that TensorFlow reads and no TensorFlow writer makes."""
    ints = lambda *values: field(3, b"".join(bytes([0x08, value]) for value in values))  # unpacked
    floats = field(2, b"\x0d\x00\x00\x80\x3f\x0d\x00\x00\x00\x40")  # unpacked 1.0, 2.0
    mixed = field(3, b"\x08\x05\x0a\x02\x06\x07\x08\x08")  # unpacked 5, packed 6 7, unpacked 8
    entry = lambda name, *values: field(1, field(1, name) + b"".join(field(2, value) for value in values))
    yield field(1, entry(b"i", ints(1, 2)) + entry(b"f", floats) + entry(b"m", mixed))
    yield field(1, entry(b"k", ints(1)) + entry(b"k", ints(2)))  # the last name wins
    yield field(1, entry(b"k", ints(1), ints(2)))  # one list in two messages: merged
    yield field(1, entry(b"k", ints(1), floats, ints(3)))  # another kind replaces
    yield field(1, entry(b"a", ints(1))) + field(1, entry(b"b", ints(2)))  # `features` twice: merged
    unknown = b"\x78\x01" + b"\x79" + b"\x00" * 8 + b"\x7d" + b"\x00" * 4 + field(15, b"?") + b"\x7b\x78\x01\x7c"
    # Not inside the map's entry: protobuf's own readers disagree there, and Python's drops the entry.
    yield unknown + field(1, unknown + field(1, field(1, b"k") + field(2, unknown + ints(9) + unknown)))
    yield field(1, field(1, field(2, ints(3)) + field(1, b"value first")) + field(1, b""))


def examples():
    whole = tf.train.Example(features=tf.train.Features(feature=features()))
    yield whole.SerializeToString(deterministic=True)
    yield b""
    for name, value in features().items():
        yield tf.train.Example(features=tf.train.Features(feature={name: value})).SerializeToString(deterministic=True)
    many = {f"feature-{n:03}": feature("int64_list", [n]) for n in range(40)}
    yield tf.train.Example(features=tf.train.Features(feature=many)).SerializeToString(deterministic=True)


def sequences():
    steps = lambda *values: tf.train.FeatureList(feature=values)
    lists = {
        "frames": steps(feature("bytes_list", [b"1"]), feature("bytes_list", []), feature("bytes_list", [b"2", b"3"])),
        "scores": steps(feature("float_list", [0.5]), feature("int64_list", [-3])),
        "empty": steps(),
    }
    whole = tf.train.SequenceExample(
        context=tf.train.Features(feature=features()), feature_lists=tf.train.FeatureLists(feature_list=lists)
    )
    yield whole.SerializeToString(deterministic=True)
    yield b""
    yield tf.train.SequenceExample(feature_lists=tf.train.FeatureLists(feature_list=lists)).SerializeToString(deterministic=True)


def event(step, *values):
    return tf.compat.v1.Event(wall_time=TIME + step, step=step, summary=tf.compat.v1.Summary(value=values)).SerializeToString()


def events():
    value = tf.compat.v1.Summary.Value
    png = tf.io.encode_png(np.zeros((2, 3, 3), np.uint8)).numpy()
    image = tf.compat.v1.Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=png)
    histogram = tf.compat.v1.HistogramProto(
        min=-1, max=2, num=3, sum=1.5, sum_squares=5.25, bucket_limit=[0, 1, 3], bucket=[1, 1, 1]
    )
    yield tf.compat.v1.Event(wall_time=TIME, file_version="brain.Event:2").SerializeToString()
    yield event(1, value(tag="loss", simple_value=0.25), value(tag="lr", simple_value=float("nan")))
    yield event(-2, value(tag="picture", image=image))
    yield event(2**40, value(tag="weights", histo=histogram))
    # TensorFlow 2 writes tensors, with metadata that says which plugin they are for.
    metadata = lambda plugin: tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name=plugin, content=b"\x08\x00")
    )
    yield event(4, value(tag="accuracy", tensor=tf.make_tensor_proto(0.75), metadata=metadata("scalars")))
    yield event(5, value(tag="note", tensor=tf.make_tensor_proto([b"# A", b"B"]), metadata=metadata("text")))
    yield event(6, value(tag="matrix", tensor=tf.make_tensor_proto([[1.0, 2.0]]), metadata=metadata("other")))


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    entries = []
    for compression in describe.COMPRESSION:
        entries.append(describe.describe(write(f"records.{compression}.tfrecord", compression, payloads()), compression))
        entries.append(describe.describe(write(f"empty.{compression}.tfrecord", compression, []), compression))
    members = DATA / "members.gzip.tfrecord"
    members.write_bytes((DATA / "records.gzip.tfrecord").read_bytes() * 2)
    entries.append(describe.describe(members, "gzip"))
    contents = {"examples": examples(), "odd-examples": odd_examples(), "sequences": sequences(), "events": events()}
    for name, items in contents.items():
        path = write(f"{name}.none.tfrecord", "none", items)
        entries.append(describe.describe(path, "none", name.removeprefix("odd-")))
    versions = {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "tensorboard": tensorboard.__version__,
        "protobuf": google.protobuf.__version__,
        "numpy": np.__version__,
    }
    manifest = {"versions": versions, "files": entries}
    (DATA / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(entries)} files, {sum(path.stat().st_size for path in DATA.iterdir())} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
