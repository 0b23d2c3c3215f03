"""Public medical pictures, and one manifest of a part of them that both programs read."""
import csv
import hashlib


def patient(path):
    """X-rays are called `person7_virus_25` or `NORMAL2-IM-1234-0001`."""
    name = path.stem
    return name.split("_")[0] if name.startswith("person") else "-".join(name.split("-")[:-1])


def smear(path):
    """Cells are called `BloodImage_00001_03`: the third of one photograph."""
    return path.stem.rsplit("_", 1)[0]


# Folder of the pictures, the names of each class's files below it, what belongs together, and the class that is asked for, where there
# are two.
SETS = {
    # Kermany et al., doi.org/10.17632/rscbjbr9sj, CC BY 4.0, at 224 pixels. The set's own test pictures may be of patients
    # among its training pictures, so only the latter are used, divided anew.
    "xrays": ("train", {"NORMAL": "NORMAL/*", "PNEUMONIA": "PNEUMONIA/*"}, patient, "PNEUMONIA"),
    # The ill ones among them, by what made them ill: much harder to see.
    "kinds": ("train", {"BACTERIA": "PNEUMONIA/*_bacteria_*", "VIRUS": "PNEUMONIA/*_virus_*"}, patient, "VIRUS"),
    # BCCD, github.com/Shenggan/BCCD_Dataset, MIT: cells cut from photographs of smears.
    "cells": ("train", {"Platelets": "Platelets/*", "RBC": "RBC/*", "WBC": "WBC/*"}, smear, None),
}


def groups_of(name, folder):
    """Pictures by what belongs together; of identical files one."""
    split, classes, group, _ = SETS[name]
    groups, seen = {}, set()
    for label, pattern in classes.items():
        for path in sorted((folder / split).glob(pattern)):
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in seen:
                seen.add(digest)
                groups.setdefault(group(path), []).append((path, label))
    return groups


def manifest(name, folder, wanted):
    """Whole groups, in the order of the hashes of their names; `wanted` is how many pictures each split gets."""
    groups = groups_of(name, folder)
    queue = sorted(groups, key=lambda group: hashlib.sha256(group.encode()).digest())
    rows = []
    for split, count in wanted.items():
        end = len(rows) + count
        while queue and len(rows) < end:
            group = queue.pop()
            rows += [[str(path.relative_to(folder)), label, split, group] for path, label in groups[group]]
    table = folder / "compare.csv"
    with open(table, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "label", "split", "group"])
        writer.writerows(rows)
    return table, rows
