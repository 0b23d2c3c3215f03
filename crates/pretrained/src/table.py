"""Writes table.tsv: the published weights of every network of the zoo, as torchvision and timm name them.

    python crates/pretrained/src/table.py

Only files whose name ends with the first eight digits of their SHA-256 are listed: that is what torch.hub checks too.
Made with torchvision 0.26.0 and timm 1.0.31.
"""

import json
import re
from pathlib import Path

import torchvision
from timm.models._registry import _model_pretrained_cfgs as timm_weights

HERE = Path(__file__).parent
NAMED_BY_HASH = re.compile(r"-[0-9a-f]{8}\.pth$")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def torchvision_rows(name: str) -> list[list[str]]:
    if name not in torchvision.models.list_models(module=torchvision.models):
        return []
    enum = torchvision.models.get_model_weights(name)
    rows = []
    for weights in enum:
        transform = weights.transforms()
        assert (tuple(transform.mean), tuple(transform.std)) == IMAGENET
        version = weights.name.removeprefix("IMAGENET1K_").lower()
        row = [f"{name}.tv_{version}", weights.url, str(transform.crop_size[0]), str(transform.resize_size[0]), "bilinear", "BSD-3-Clause"]
        rows.insert(0 if weights == enum.DEFAULT else len(rows), row)
    return rows


def timm_rows(name: str) -> list[list[str]]:
    rows = []
    for key, cfg in timm_weights.items():
        known = cfg.url and NAMED_BY_HASH.search(cfg.url) and "download.pytorch.org" not in cfg.url
        fits = cfg.num_classes == 1000 and (tuple(cfg.mean), tuple(cfg.std)) == IMAGENET and cfg.pool_size
        if not key.startswith(f"{name}.") or not known or not fits or "(" in key:
            continue
        size = (cfg.test_input_size or cfg.input_size)[1]
        crop = cfg.test_crop_pct or cfg.crop_pct
        rows.append([key, cfg.url, str(size), str(int(size / crop)), cfg.interpolation, cfg.license])
    return rows


def main() -> None:
    zoo = json.loads((HERE / "../../models/tests/golden/zoo.json").read_text())
    names = list(zoo["models"])
    rows = [row for name in names for row in torchvision_rows(name) + timm_rows(name)]
    assert all(NAMED_BY_HASH.search(row[1]) for row in rows)
    (HERE / "table.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    print(len(rows))


if __name__ == "__main__":
    main()
