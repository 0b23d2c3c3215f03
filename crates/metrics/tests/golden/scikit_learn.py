"""Writes scikit_learn.json: what scikit-learn, SciPy and NumPy say about made-up predictions.

    python scikit_learn.py > scikit_learn.json

The predictions are written too, rounded so that the file stays small and ties are frequent.
"""

import json
import sys
import warnings

import numpy
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from sklearn import calibration
from sklearn import metrics as m

warnings.filterwarnings("ignore")


def known(value):
    """JSON has neither infinities nor NaN."""
    return float(value) if numpy.isfinite(value) else None


def floats(values):
    return [known(value) for value in numpy.ravel(values)]


def at_threshold(truth, scores, threshold):
    answers = (scores >= threshold).astype(int)
    tn, fp, fn, tp = (int(n) for n in m.confusion_matrix(truth, answers, labels=[0, 1]).ravel())
    return {
        "threshold": float(threshold),
        "counts": [tp, fp, fn, tn],
        "sensitivity": m.recall_score(truth, answers),
        "specificity": m.recall_score(truth, answers, pos_label=0),
        "precision": m.precision_score(truth, answers),
        "npv": m.precision_score(truth, answers, pos_label=0),
        "f1": m.f1_score(truth, answers),
        "accuracy": m.accuracy_score(truth, answers),
        "balanced_accuracy": m.balanced_accuracy_score(truth, answers),
        "mcc": m.matthews_corrcoef(truth, answers),
        "kappa": m.cohen_kappa_score(truth, answers),
    }


def binary(name, truth, scores):
    fpr, tpr, thresholds = m.roc_curve(truth, scores, drop_intermediate=False)
    precision, recall, pr_thresholds = m.precision_recall_curve(truth, scores)
    specific = [1 - f >= 0.8 for f in fpr[1:]]
    frequency, mean = calibration.calibration_curve(truth, scores, n_bins=10)
    return {
        "name": name,
        "truth": truth.tolist(),
        "scores": scores.tolist(),
        "auroc": m.roc_auc_score(truth, scores),
        "average_precision": m.average_precision_score(truth, scores),
        "brier": m.brier_score_loss(truth, scores),
        "log_loss": m.log_loss(truth, scores),
        "roc": [floats(thresholds), floats(fpr), floats(tpr)],
        # scikit-learn goes from low to high thresholds, and ends with a point without one.
        "pr": [floats(pr_thresholds[::-1]), floats(recall[-2::-1]), floats(precision[-2::-1])],
        "youden": known(thresholds[numpy.argmax(tpr - fpr)]),
        "sensitivity_90": float(thresholds[numpy.argmax(tpr >= 0.9)]),
        "specificity_80": float(thresholds[1:][specific][-1]) if any(specific) else None,
        "at": [at_threshold(truth, scores, t) for t in (0.25, 0.5, 0.61)],
        "reliability": [floats(mean), floats(frequency)],
        "ece": ece(scores, truth, 10),
    }


def ece(probabilities, came_true, bins):
    """Guo et al. 2017, with bins (low, high] as in calibration_curve."""
    places = numpy.searchsorted(numpy.linspace(0, 1, bins + 1)[1:-1], probabilities)
    gaps = [
        abs(probabilities[places == b].mean() - came_true[places == b].mean()) * (places == b).sum()
        for b in range(bins)
        if (places == b).any()
    ]
    return float(sum(gaps) / len(probabilities))


def several(name, truth, logits):
    probabilities = softmax(logits, axis=1)
    answers, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    one_hot = numpy.eye(classes)[truth]

    def nll(inverse):
        z = logits * inverse
        return float((logsumexp(z, axis=1) - z[numpy.arange(len(truth)), truth]).mean())

    best = minimize_scalar(nll, bounds=(0.02, 50), method="bounded", options={"xatol": 1e-12})
    present = [c for c in range(classes) if (truth == c).any()]
    areas = [m.roc_auc_score(one_hot[:, c], probabilities[:, c]) for c in present]
    precisions = [m.average_precision_score(one_hot[:, c], probabilities[:, c]) for c in present]
    if len(present) == classes:
        whole = m.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
        assert abs(whole - numpy.mean(areas)) < 1e-12
    return {
        "name": name,
        "classes": classes,
        "truth": truth.tolist(),
        "logits": numpy.ravel(logits).tolist(),
        "confusion": m.confusion_matrix(truth, answers, labels=range(classes)).ravel().tolist(),
        "accuracy": m.accuracy_score(truth, answers),
        "balanced_accuracy": m.balanced_accuracy_score(truth, answers),
        "macro_precision": m.precision_score(truth, answers, average="macro"),
        "macro_f1": m.f1_score(truth, answers, average="macro"),
        "mcc": m.matthews_corrcoef(truth, answers),
        "kappa": m.cohen_kappa_score(truth, answers),
        "quadratic_kappa": m.cohen_kappa_score(truth, answers, weights="quadratic"),
        "top2": m.top_k_accuracy_score(truth, probabilities, k=2, labels=range(classes)),
        "class_auroc": [known(areas[present.index(c)]) if c in present else None for c in range(classes)],
        "macro_auroc": float(numpy.mean(areas)),
        "macro_average_precision": float(numpy.mean(precisions)),
        "log_loss": m.log_loss(truth, probabilities, labels=range(classes)),
        "brier": float(((probabilities - one_hot) ** 2).sum(axis=1).mean()),
        "ece": ece(probabilities.max(axis=1), (answers == truth).astype(float), 15),
        "temperature": 1 / best.x,
        "temperature_log_loss": best.fun,
    }


def multi_label(truth, scores):
    answers = (scores >= 0.5).astype(int)
    result = {"labels": truth.shape[1], "truth": truth.ravel().tolist(), "scores": scores.ravel().tolist()}
    for average in ("macro", "micro"):
        result[f"{average}_auroc"] = m.roc_auc_score(truth, scores, average=average)
        result[f"{average}_average_precision"] = m.average_precision_score(truth, scores, average=average)
        result[f"{average}_f1"] = m.f1_score(truth, answers, average=average)
    result["hamming_loss"] = m.hamming_loss(truth, answers)
    result["exact_matches"] = m.accuracy_score(truth, answers)
    return result


def bootstrap(random):
    """Groups of 1 to 5 alike examples; the AUROC's interval with groups drawn, and without."""
    sizes = random.integers(1, 6, 60)
    group = numpy.repeat(numpy.arange(60), sizes)
    ill = (random.random(60) < 0.4)[group]
    scores = numpy.round(random.normal(size=60)[group] + random.normal(size=len(group)) * 0.3 + ill, 2)
    # The AUROC of many resamples at once: pairs of an ill and a healthy example, weighed by how often
    # both are drawn.
    above = (scores[ill][:, None] > scores[~ill]) + 0.5 * (scores[ill][:, None] == scores[~ill])
    resamples, result = 20000, {}
    for name, unit in (("grouped", group), ("single", numpy.arange(len(group)))):
        units = unit.max() + 1
        draws = random.multinomial(units, numpy.full(units, 1 / units), resamples)[:, unit].astype(float)
        values = ((draws[:, ill] @ above) * draws[:, ~ill]).sum(axis=1)
        values /= draws[:, ill].sum(axis=1) * draws[:, ~ill].sum(axis=1)
        for n in range(3):
            assert abs(values[n] - m.roc_auc_score(ill, scores, sample_weight=draws[n])) < 1e-12
        low, high = numpy.percentile(values, [2.5, 97.5])
        result[name] = {"low": low, "high": high, "deviation": float(numpy.std(values))}
    result |= {"resamples": resamples, "truth": ill.astype(int).tolist(), "scores": scores.tolist()}
    return result | {"groups": [f"g{g}" for g in group]}


def main():
    random = numpy.random.default_rng(20261126)
    truth = (random.random(300) < 0.3).astype(int)
    fine = numpy.clip(random.normal(0.35 + 0.25 * truth, 0.2), 0.001, 0.999)
    rare = (random.random(400) < 0.02).astype(int)
    labels = random.integers(0, 4, 200)
    logits = random.normal(size=(200, 4)) * 2 + 2.5 * numpy.eye(4)[labels]
    grades = random.integers(0, 7, 250)
    near = -numpy.abs(numpy.arange(7)[None] - grades[:, None] - random.normal(size=(250, 1))) * 2
    missing = random.integers(0, 4, 60)
    many = (random.random((120, 5)) < [0.1, 0.3, 0.5, 0.2, 0.05]).astype(int)
    json.dump(
        {
            "versions": {p.__name__: p.__version__ for p in (numpy, scipy, sklearn)},
            "binary": [
                binary("fine", truth, numpy.round(fine, 6)),
                binary("ties", truth, numpy.round(fine, 1)),
                binary("rare", rare, numpy.round(numpy.clip(random.normal(0.3 + 0.3 * rare, 0.2), 0, 1), 3)),
                binary("useless", truth, numpy.full(300, 0.5)),
                binary("perfect", truth, 0.2 + 0.6 * truth),
                binary("reversed", truth, 1 - numpy.round(fine, 2)),
            ],
            "several": [
                several("four", labels, numpy.round(logits, 3)),
                several("grades", grades, numpy.round(near + random.normal(size=near.shape), 3)),
                several("a class without examples", missing, numpy.round(random.normal(size=(60, 5)) + 2 * numpy.eye(5)[missing], 3)),
            ],
            "multi_label": multi_label(many, numpy.round(numpy.clip(random.normal(0.4 + 0.2 * many, 0.2), 0, 1), 3)),
            "bootstrap": bootstrap(random),
        },
        sys.stdout,
        allow_nan=False,
    )
    print()


main()
