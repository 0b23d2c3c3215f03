"""Images per second of tf.data alone: the peer of `examples/bench_loader.rs`.

    python benches/peers/tfdata_loader.py --data-dir DIR --threads 1,2

DIR holds TFRecord shards train-00000-of-N, the same that our loader reads. The pipeline is that of
TensorFlow's official ResNet: parallel parsing, a random crop decoded by `decode_and_crop_jpeg`, flip,
bilinear resize to 224 pixels. (That resize does not antialias, unlike ours and torchvision's, which
is less work.) Prints one JSON object per number of threads; the first epoch is not timed.
"""

import argparse
import glob
import json
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow as tf  # noqa: E402


def crop_and_decode(encoded, size):
    begin, extent, _ = tf.image.sample_distorted_bounding_box(
        tf.io.extract_jpeg_shape(encoded),
        bounding_boxes=tf.zeros([1, 0, 4]),
        min_object_covered=0.1,
        aspect_ratio_range=[0.75, 4 / 3],
        area_range=[0.08, 1.0],
        max_attempts=10,
        use_image_if_no_bounding_boxes=True,
    )
    top, left, _ = tf.unstack(begin)
    height, width, _ = tf.unstack(extent)
    image = tf.image.decode_and_crop_jpeg(
        encoded, tf.stack([top, left, height, width]), channels=3, dct_method="INTEGER_ACCURATE"
    )
    image = tf.image.random_flip_left_right(image)
    image = tf.image.resize(image, [size, size], method="bilinear")
    return tf.cast(tf.round(image), tf.uint8)


def parse(record, size):
    keys = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
    }
    features = tf.io.parse_single_example(record, keys)
    return crop_and_decode(features["image/encoded"], size), features["image/class/label"] - 1


def pipeline(args, threads):
    shards = sorted(glob.glob(os.path.join(args.data_dir, "train-*-of-*")))
    if not shards:
        raise SystemExit(f"no shards in {args.data_dir}")
    dataset = tf.data.TFRecordDataset(shards).shuffle(256)
    dataset = dataset.map(lambda record: parse(record, args.size), num_parallel_calls=threads)
    dataset = dataset.batch(args.batch_size, drop_remainder=True).prefetch(2)
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    options.threading.max_intra_op_parallelism = 1
    return dataset.with_options(options)


def measure(args, threads):
    dataset = pipeline(args, threads)
    for _ in dataset:
        pass
    start, cpu = time.perf_counter(), time.process_time()
    images = 0
    for _ in range(args.epochs):
        for batch, _labels in dataset:
            images += batch.shape[0]
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    result = {
        "loader": f"tf.data {tf.__version__}",
        "split": "train",
        "size": args.size,
        "batch_size": args.batch_size,
        "threads": threads,
        "images": images,
        "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds, 1),
        "cpu_seconds": round(cpu, 2),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(result), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    for threads in args.threads.split(","):
        measure(args, int(threads))


if __name__ == "__main__":
    main()
