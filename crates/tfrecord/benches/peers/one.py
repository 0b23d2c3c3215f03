"""Reads or writes one file with a Python library and prints the time as JSON. `peers.py` runs it.

    python one.py read tensorflow|tensorflow-graph|python-tfrecord FILE
    python one.py write tensorflow|python-tfrecord FILE LEN COUNT
"""

import json
import os
import sys
import time


def tensorflow():
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    return tf


def dataset(tf, path):
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    return tf.data.TFRecordDataset(path).with_options(options)


def read_tensorflow(path):
    """As a training loop in Python does."""
    tf = tensorflow()
    records = dataset(tf, path)
    start = time.perf_counter()
    count = sum(1 for _ in records)
    return start, count, None


def read_tensorflow_graph(path):
    """Without Python between records: the fastest way to go through a TFRecordDataset."""
    tf = tensorflow()
    records = dataset(tf, path)
    zero = (tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    add = lambda sums, record: (sums[0] + 1, sums[1] + tf.cast(tf.strings.length(record), tf.int64))
    start = time.perf_counter()
    count, size = records.reduce(zero, add)
    return start, int(count), int(size)


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
