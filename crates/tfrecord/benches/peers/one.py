"""Reads or writes one file with a Python library and prints the time as JSON. `peers.py` runs it.

    python one.py read tensorflow|tensorflow-batches|python-tfrecord FILE
    python one.py write tensorflow|python-tfrecord FILE LEN COUNT
"""

import json
import os
import sys
import time


def tensorflow():
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import tensorflow as tf

    return tf


def dataset(tf, path):
    """One file is read by one thread; TensorFlow's own threads stay as they are."""
    return tf.data.TFRecordDataset(path)


def read_tensorflow(path):
    """One record after another: fast for long records, 100 times slower than batches for short ones."""
    tf = tensorflow()
    records = dataset(tf, path)
    start = time.perf_counter()
    count = sum(1 for _ in records)
    return start, count, None


def read_tensorflow_batches(path):
    """In batches of 1024: the fastest way found to go through short records in a TFRecordDataset."""
    tf = tensorflow()
    batches = dataset(tf, path).batch(1024)
    start = time.perf_counter()
    count = sum(len(batch) for batch in batches.as_numpy_iterator())
    return start, count, None


def read_python_tfrecord(path):
    """Does not verify checksums."""
    from tfrecord.reader import tfrecord_iterator

    start = time.perf_counter()
    lengths = [len(record) for record in tfrecord_iterator(path)]
    return start, len(lengths), sum(lengths)


def payload(length):
    return bytes((n * 31 >> 3) & 0xFF for n in range(length))


def write_tensorflow(path, length, count):
    tf, record = tensorflow(), payload(length)
    start = time.perf_counter()
    with tf.io.TFRecordWriter(path) as writer:
        for _ in range(count):
            writer.write(record)
    return start, count, count * length


def write_python_tfrecord(path, length, count):
    """Its own writer serializes an example; this is what it does with the bytes."""
    import struct

    from tfrecord.writer import TFRecordWriter

    record, writer = payload(length), TFRecordWriter(path)
    start = time.perf_counter()
    for _ in range(count):
        length_bytes = struct.pack("<Q", len(record))
        writer.file.write(length_bytes)
        writer.file.write(TFRecordWriter.masked_crc(length_bytes))
        writer.file.write(record)
        writer.file.write(TFRecordWriter.masked_crc(record))
    writer.close()
    return start, count, count * length


def main():
    verb, who, path, *numbers = sys.argv[1:]
    run = globals()[f"{verb}_{who.replace('-', '_')}"]
    start, records, size = run(path, *map(int, numbers))
    print(json.dumps({"seconds": time.perf_counter() - start, "records": records, "bytes": size}))


if __name__ == "__main__":
    main()
