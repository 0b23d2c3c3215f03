"""Reads a run's TensorBoard event files with TensorBoard's own loader and prints every series as JSON.

The check that what the Rust writer wrote is what TensorBoard shows: the loader verifies each record's checksums and turns
both simple_value and tensor summaries into tensors. It stops silently at a damaged record, so bytes it left unread are an
error here.

Prints {subfolder: {tag: [[step, value], ...]}}, folders and tags sorted, each series by step and, within a step, in the order
of the files' names and of writing. The run folder itself is ".". A tensor of one element is a number, a larger one a nested
list; a picture is its width, its height and whether it is a whole PNG file; hyper-parameters are an object, and an experiment the list of
its metrics; a value that JSON cannot carry is the string "NaN", "Infinity" or "-Infinity".

    python tests/peers/read_events.py RUN_FOLDER        # exits 1 and names the file if bytes were left over
    python tests/peers/read_events.py --self-check      # reads back what torch.utils.tensorboard writes
"""

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader, RawEventFileLoader  # noqa: E402
from tensorboard.plugins.hparams import metadata as hparams  # noqa: E402
from tensorboard.util import tensor_util  # noqa: E402

FRAMING = 16  # length, its checksum, and the data's checksum


def plain(value: object) -> object:
    """What JSON can carry."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def hyper_parameters(value: object) -> object:
    """What the plugin of hyper-parameters makes of a value."""
    content = value.metadata.plugin_data.content
    if value.tag == hparams.SESSION_START_INFO_TAG:
        start = hparams.parse_session_start_info_plugin_data(content)
        return {key: getattr(item, item.WhichOneof("kind")) for key, item in sorted(start.hparams.items())}
    experiment = hparams.parse_experiment_plugin_data(content)
    return [metric.name.tag for metric in experiment.metric_infos]


def shown(value: object) -> object:
    """A value as JSON can carry it."""
    plugin = value.metadata.plugin_data.plugin_name
    if plugin == hparams.PLUGIN_NAME:
        return hyper_parameters(value)
    array = tensor_util.make_ndarray(value.tensor)
    if plugin == "images":
        width, height, *files = array.tolist()
        whole = all(file.startswith(b"\x89PNG") and file.endswith(b"IEND\xaeB`\x82") for file in files)
        return [int(width), int(height), whole]
    return plain(array.item() if array.size == 1 else array.tolist())


def read(run: Path) -> tuple[dict[str, dict[str, list]], list[str]]:
    """The series, and a complaint per file that could not be read to its end."""
    series: dict[str, dict[str, list]] = {}
    complaints = []
    for path in sorted(p for p in run.rglob("*tfevents*") if p.is_file()):
        tags = series.setdefault(path.parent.relative_to(run).as_posix(), {})
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                tags.setdefault(value.tag, []).append([event.step, shown(value)])
        read_bytes = sum(len(record) + FRAMING for record in RawEventFileLoader(str(path)).Load())
        if read_bytes != path.stat().st_size:
            complaints.append(f"{path}: read {read_bytes} of {path.stat().st_size} bytes")
    for tags in series.values():
        for points in tags.values():
            points.sort(key=lambda point: point[0])
    return series, complaints


def self_check() -> None:
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        for name, new_style in (("", False), ("val", True)):
            with SummaryWriter(run / name) as writer:
                for step, value in ((2, 0.5), (1, 0.25), (3, float("nan"))):
                    writer.add_scalar("loss", value, step, new_style=new_style)
        want = [[1, 0.25], [2, 0.5], [3, "NaN"]]
        assert read(run) == ({".": {"loss": want}, "val": {"loss": want}}, []), read(run)

        damaged = next((run / "val").iterdir())
        data = bytearray(damaged.read_bytes())
        data[-6] ^= 1
        damaged.write_bytes(data)
        series, complaints = read(run)
        assert len(series["val"]["loss"]) == 2 and len(complaints) == 1, (series, complaints)
        damaged.write_bytes(data[:-3])
        assert len(read(run)[1]) == 1
    print("self-check passed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("run", type=Path, nargs="?")
    what.add_argument("--self-check", action="store_true")
    args = parser.parse_args()
    if args.self_check:
        return self_check()
    if not args.run.is_dir():
        sys.exit(f"{args.run}: not a folder")
    series, complaints = read(args.run)
    print(json.dumps(series, sort_keys=True, allow_nan=False))
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
