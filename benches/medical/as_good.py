"""Is ours as good as PyTorch? Both programs' AUROC on the same test pictures, with what chance does in training and in the choice of
test pictures.

    python as_good.py result.jsonl... > as-good.jsonl

reads what `compare.py` says. One training is a draw as much as one test picture is: the order, the crops and the new classifier are
random. So both are drawn again, 10,000 times: of n seeds n - 1 with replacement (n would understate the variance of a mean of n by a
factor of (n - 1) / n: Rao and Wu 1988, doi.org/10.1080/01621459.1988.10478591), the same for both programs, which begin with the same
classifier; and all groups of test pictures with replacement, the same for both. Each draw gives the mean AUROC over seeds of either program, and
their difference. Told are 95 % intervals (percentiles), and two questions, of which the first is the wider one:

    within     does each program's mean lie in the other's interval?
    zero       does the interval of the difference (ours less PyTorch's) hold zero? What lies outside it is ruled out.

This was written before the results of the seeds that it was used for.
"""
import json
import sys

import numpy as np

from areas import area, members

DRAWS = 10_000


def read(paths):
    """For each set its test pictures, and the probabilities by program and seed."""
    sets = {}
    for path in paths:
        for line in map(json.loads, open(path)):
            found = sets.setdefault(line["set"], {"ours": {}, "pytorch": {}})
            if "by" in line:
                found[line["by"]][line["seed"]] = np.array(line["probabilities"])
            else:
                found["truth"], found["groups"] = np.array(line["truth"]), line["groups"]
    return sets


def drawn_areas(truth, runs, groups, rng):
    """`[draws, programs, seeds]`: the AUROC of every run on each draw of the groups that holds all classes."""
    rows = []
    while len(rows) < DRAWS:
        part = np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))])
        values = [[fast_area(truth[part], run[part]) for run in program] for program in runs]
        if None not in values[0]:
            rows.append(values)
    return np.array(rows)


def fast_area(truth, rows):
    """As `area`, by ranks: it is asked a hundred thousand times."""
    values = []
    for c in [1] if rows.shape[1] == 2 else range(rows.shape[1]):
        positive = truth == c
        count = positive.sum()
        if count in (0, len(truth)):
            return None
        _, place, ties = np.unique(rows[:, c], return_inverse=True, return_counts=True)
        last = np.cumsum(ties)
        ranks = (last - (ties - 1) / 2)[place]
        values.append((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(truth) - count)))
    return float(np.mean(values))


def interval(values):
    return [round(float(end), 4) for end in np.quantile(values, [0.025, 0.975])]


def compared(name, found):
    seeds = sorted(set(found["ours"]) & set(found["pytorch"]))
    runs = [[found[by][seed] for seed in seeds] for by in ("ours", "pytorch")]
    whole = np.array([[area(found["truth"], run) for run in program] for program in runs])
    assert np.allclose(whole, [[fast_area(found["truth"], run) for run in program] for program in runs], atol=1e-9)
    rng = np.random.default_rng(0)
    areas = drawn_areas(found["truth"], runs, members(found["groups"]), rng)
    chosen = rng.integers(0, len(seeds), (DRAWS, len(seeds) - 1))
    means = np.array([row[:, part].mean(1) for row, part in zip(areas, chosen)])
    (ours, pytorch), (of_ours, of_pytorch) = whole.mean(1), (interval(means[:, 0]), interval(means[:, 1]))
    difference = interval(means[:, 0] - means[:, 1])
    between = lambda value, ends: bool(ends[0] <= value <= ends[1])
    spread = lambda values: round(float(values.std(ddof=1)), 4)
    return {"set": name, "seeds": seeds, "test_groups": len(set(found["groups"])),
            "ours": {"mean": round(float(ours), 4), "interval": of_ours, "deviation_over_seeds": spread(whole[0]), "auroc": whole[0].round(4).tolist()},
            "pytorch": {"mean": round(float(pytorch), 4), "interval": of_pytorch, "deviation_over_seeds": spread(whole[1]), "auroc": whole[1].round(4).tolist()},
            "difference": {"mean": round(float(ours - pytorch), 4), "interval": difference},
            "within": between(ours, of_pytorch) and between(pytorch, of_ours), "zero": between(0.0, difference)}


if __name__ == "__main__":
    for name, found in read(sys.argv[1:]).items():
        print(json.dumps(compared(name, found)), flush=True)
