"""The loop of imagenet_to_gcs.py over the files of RAW (train/CLASS/, validation/CLASS/), against which `prepare_imagenet` is measured.

    python benches/peers/prepare_loop.py RAW FOLDER

One process, as the script is: read, decode in a session, build the Example, write; 20 shards. Run with
TensorFlow 2.21, through its interface of version 1.
"""

import glob
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow.compat.v1 as tf  # noqa: E402


def integer(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def text(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def example(path, data, image):
    return tf.train.Example(features=tf.train.Features(feature={
        "image/height": integer(image.shape[0]),
        "image/width": integer(image.shape[1]),
        "image/colorspace": text(b"RGB"),
        "image/channels": integer(3),
        "image/class/label": integer(1),
        "image/class/synset": text(b"n01440764"),
        "image/format": text(b"JPEG"),
        "image/filename": text(os.path.basename(path).encode()),
        "image/encoded": text(data),
    }))


def main(raw, folder):
    tf.disable_eager_execution()
    session, encoded = tf.Session(), tf.placeholder(dtype=tf.string)
    decoded = tf.image.decode_jpeg(encoded, channels=3)
    paths = sorted(glob.glob(os.path.join(raw, "train", "*", "*.JPEG")))
    paths += sorted(glob.glob(os.path.join(raw, "validation", "*", "*.JPEG")))
    with open(paths[0], "rb") as file:
        session.run(decoded, {encoded: file.read()})  # the first call prepares the session
    start, processor = time.perf_counter(), time.process_time()
    for shard in range(20):
        with tf.python_io.TFRecordWriter(os.path.join(folder, f"shard-{shard:02d}")) as writer:
            for path in paths[shard::20]:
                with tf.gfile.GFile(path, "rb") as file:
                    data = file.read()
                image = session.run(decoded, {encoded: data})
                assert len(image.shape) == 3 and image.shape[2] == 3
                writer.write(example(path, data, image).SerializeToString())
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    print(json.dumps({
        "program": f"imagenet_to_gcs.py's loop, TensorFlow {tf.__version__}",
        "images": len(paths),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(processor, 2),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
