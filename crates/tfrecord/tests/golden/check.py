"""Reads files that the Rust tests wrote and fails unless TensorFlow and TensorBoard read what they should.

    python check.py files DIR    # DIR/manifest.json says what must be read, in the form of describe.py
    python check.py large FILE   # writes one record of 64 MiB for the Rust tests to read
"""

import json
import pathlib
import sys

import describe
import numpy as np
import tensorflow as tf

LARGE = 64 << 20


def same(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: TensorFlow reads\n{json.dumps(found, indent=1)}\nwhere this must be read:\n{json.dumps(wanted, indent=1)}")


def check_files(folder, manifest):
    for entry in manifest["files"]:
        found = describe.describe(folder / entry["file"], entry["compression"], entry.get("content"))
        same(entry["file"], found, entry)
    print(f"{len(manifest['files'])} files read by TensorFlow {tf.__version__} value for value")


def check_deterministic(folder, manifest):
    """Our builder must make the bytes of TensorFlow's deterministic serialization."""
    for name in manifest["deterministic"]:
        for n, record in enumerate(describe.records(folder / name, "none")):
            theirs = tf.train.Example.FromString(record).SerializeToString(deterministic=True)
            same(f"{name}, record {n}, serialized", record.hex(), theirs.hex())


def check_tensorboard(folder, wanted):
    import tensorboard
    from tensorboard.backend.event_processing import plugin_event_multiplexer
    from tensorboard.plugins.hparams import plugin_data_pb2

    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"tensors": 0})
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    found = {}
    for run in sorted(multiplexer.Runs()):
        for plugin in ("scalars", "images", "histograms", "text"):
            for tag in sorted(multiplexer.PluginRunToTagToContent(plugin).get(run, {})):
                points = multiplexer.Tensors(run, tag)
                found[f"{run} {plugin} {tag}"] = [describe_point(plugin, point) for point in points]
        for tag, content in sorted(multiplexer.PluginRunToTagToContent("hparams").get(run, {}).items()):
            data = plugin_data_pb2.HParamsPluginData.FromString(content)
            found[f"{run} hparams {tag}"] = describe_hparams(data)
    same("TensorBoard", found, wanted)
    print(f"{len(found)} series read by TensorBoard {tensorboard.__version__}")


def describe_point(plugin, point):
    value = tf.make_ndarray(point.tensor_proto)
    if plugin == "scalars":
        return [point.step, describe.float_bits(value.item())]
    if plugin == "histograms":
        return [point.step, float(value[:, 2].sum())]
    return [point.step, [item.decode("latin-1") for item in value.ravel().tolist()]]


def describe_hparams(data):
    kind = data.WhichOneof("data")
    if kind == "experiment":
        experiment = data.experiment
        hparams = [[info.name, info.type] for info in experiment.hparam_infos]
        return [hparams, [info.name.tag for info in experiment.metric_infos], experiment.time_created_secs]
    if kind == "session_start_info":
        start = data.session_start_info
        values = {name: getattr(value, value.WhichOneof("kind")) for name, value in sorted(start.hparams.items())}
        return [values, start.start_time_secs]
    return [data.session_end_info.status, data.session_end_info.end_time_secs]


def main():
    command, path = sys.argv[1], pathlib.Path(sys.argv[2])
    if command == "large":
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(np.arange(LARGE // 4, dtype="<u4").tobytes())
        return
    manifest = json.loads((path / "manifest.json").read_text())
    check_files(path, manifest)
    check_deterministic(path, manifest)
    check_tensorboard(path / "runs", manifest["tensorboard"])


if __name__ == "__main__":
    main()
