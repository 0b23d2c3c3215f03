"""Makes the golden of a checkpoint format: a real checkpoint, with a few of its tensors.

    python crates/train/tests/golden/checkpoints.py RUN/checkpoints/step-000000000003 crates/train/tests/golden/checkpoints/format-2

Goldens of old formats are never made again: they are what old programs wrote. format-2 was written by
`train_imagenet --resnet-size 8 --stem small --num-classes 10 --image-size 28 --batch-size 64 --max-steps 3` on a quarter of
the bundled sample, on 2026-11-26, when recipes named networks by `resnet_size`.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from safetensors.numpy import load_file, save_file

KEPT = ("conv1.weight", "bn1.", "fc.")


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    names = [line.split("  ")[1] for line in (source / "SHA256SUMS").read_text().splitlines()]
    for name in names:
        if name.endswith(".safetensors"):
            tensors = load_file(source / name)
            kept = {key: value for key, value in tensors.items() if key.split("/")[-1].startswith(KEPT)}
            save_file(kept, target / name, metadata={"format": "pt"})
        else:
            shutil.copy(source / name, target / name)
    sums = (f"{hashlib.sha256((target / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (target / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
