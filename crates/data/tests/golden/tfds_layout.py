"""Writes tfds/, three tiny pictures as TensorFlow Datasets lays out `imagenet2012` (names of its files, features of its records), with
TensorFlow. Run it in its own folder; needs TensorFlow 2.21.

Source of the layout: tensorflow_datasets 4.9, core/naming.py, core/features/ and image_classification/imagenet.py.
"""

import json
import pathlib

import tensorflow as tf

FOLDER = pathlib.Path("tfds")
NAMES = ["n01440764", "n01443537", "n01484850"]
# Split, shards, and (file name, label) of each picture.
SPLITS = [
    ("train", 2, [("n01443537_1.JPEG", 1), ("n01440764_7.JPEG", 0), ("n01484850_3.JPEG", 2)]),
    ("validation", 1, [("ILSVRC2012_val_00000001.JPEG", 2)]),
]


def example(name, label):
    pixels = tf.fill([12, 10, 3], tf.constant(40 * (label + 1), tf.uint8))
    encoded = tf.io.encode_jpeg(pixels, quality=95, chroma_downsampling=False).numpy()
    feature = {
        "file_name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[name.encode()])),
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)


def features():
    image = {"pythonClassName": "tensorflow_datasets.core.features.image_feature.Image",
             "image": {"shape": {"dimensions": ["-1", "-1", "3"]}, "dtype": "uint8", "encodingFormat": "jpeg"}}
    label = {"pythonClassName": "tensorflow_datasets.core.features.class_label_feature.ClassLabel",
             "classLabel": {"numClasses": str(len(NAMES))}}
    text = {"pythonClassName": "tensorflow_datasets.core.features.text_feature.Text", "text": {}}
    return {"pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
            "featuresDict": {"features": {"file_name": text, "image": image, "label": label}}}


def main():
    FOLDER.mkdir(exist_ok=True)
    infos = []
    for split, shards, pictures in SPLITS:
        lengths = []
        for shard in range(shards):
            part = pictures[shard * len(pictures) // shards : (shard + 1) * len(pictures) // shards]
            path = FOLDER / f"imagenet2012-{split}.tfrecord-{shard:05}-of-{shards:05}"
            with tf.io.TFRecordWriter(str(path)) as writer:
                for name, label in part:
                    writer.write(example(name, label))
            lengths.append(str(len(part)))
        infos.append({"name": split, "shardLengths": lengths, "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"})
    info = {"name": "imagenet2012", "version": "5.1.0", "fileFormat": "tfrecord", "splits": infos}
    (FOLDER / "dataset_info.json").write_text(json.dumps(info, indent=1) + "\n")
    (FOLDER / "features.json").write_text(json.dumps(features(), indent=1) + "\n")
    (FOLDER / "label.labels.txt").write_text("\n".join(NAMES) + "\n")


main()
