"""Says what TensorFlow reads in a file, in JSON that the Rust tests can compare bit for bit.

Integers are decimal strings (JSON's numbers lose bits), floats the hexadecimal of their bits, bytes hexadecimal or a SHA-256.
"""

import hashlib
import os
import struct

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf  # noqa: E402

COMPRESSION = {"none": "", "gzip": "GZIP", "zlib": "ZLIB"}


def float_bits(value):
    return struct.pack(">f", value).hex()


def double_bits(value):
    return struct.pack(">d", value).hex()


def records(path, compression):
    return [item.numpy() for item in tf.data.TFRecordDataset(str(path), compression_type=COMPRESSION[compression])]


def describe_records(path, compression):
    return [{"len": len(r), "sha256": hashlib.sha256(r).hexdigest()} for r in records(path, compression)]


def describe_feature(feature):
    kind = feature.WhichOneof("kind")
    if kind is None:
        return {"kind": "unset", "values": []}
    values = getattr(feature, kind).value
    show = {"bytes_list": bytes.hex, "float_list": float_bits, "int64_list": str}[kind]
    return {"kind": kind, "values": [show(value) for value in values]}


def describe_example(record):
    features = tf.train.Example.FromString(record).features.feature
    return {name: describe_feature(features[name]) for name in sorted(features)}


def describe_sequence(record):
    sequence = tf.train.SequenceExample.FromString(record)
    context, lists = sequence.context.feature, sequence.feature_lists.feature_list
    return {
        "context": {name: describe_feature(context[name]) for name in sorted(context)},
        "lists": {name: [describe_feature(step) for step in lists[name].feature] for name in sorted(lists)},
    }


def describe_summary(value):
    kind = value.WhichOneof("value")
    out = {"tag": value.tag, "plugin": value.metadata.plugin_data.plugin_name, "content": value.metadata.plugin_data.content.hex()}
    if kind == "simple_value":
        return {**out, "kind": "scalar", "value": float_bits(value.simple_value)}
    if kind == "image":
        image = value.image
        return {**out, "kind": "image", "value": [image.width, image.height, image.encoded_image_string.hex()]}
    if kind == "histo":
        h = value.histo
        numbers = [h.min, h.max, h.num, h.sum, h.sum_squares, *h.bucket_limit, *h.bucket]
        return {**out, "kind": "histogram", "value": [double_bits(number) for number in numbers]}
    tensor = value.tensor
    if kind == "tensor" and tensor.dtype == tf.string.as_datatype_enum:
        return {**out, "kind": "strings", "value": [string.hex() for string in tf.make_ndarray(tensor).ravel().tolist()]}
    if kind == "tensor" and tensor.dtype == tf.float32.as_datatype_enum and tf.make_ndarray(tensor).size == 1:
        return {**out, "kind": "scalar", "value": float_bits(tf.make_ndarray(tensor).item())}
    return {**out, "kind": "none"}


def describe_event(record):
    event = tf.compat.v1.Event.FromString(record)
    return {
        "wall_time": double_bits(event.wall_time),
        "step": str(event.step),
        "file_version": event.file_version or None,
        "summaries": [describe_summary(value) for value in event.summary.value],
    }


CONTENT = {"examples": describe_example, "sequences": describe_sequence, "events": describe_event}


def describe(path, compression, content=None):
    """The entry of one file in a manifest."""
    entry = {"file": path.name, "compression": compression, "records": describe_records(path, compression)}
    if content is not None:
        entry["content"] = content
        entry[content] = [CONTENT[content](record) for record in records(path, compression)]
    return entry
