"""The area under the ROC curve, and which pictures belong together."""
import numpy as np
from sklearn.metrics import roc_auc_score


def area(truth, rows):
    """AUROC of the second of two classes; of several the mean of each against the rest. None if a class is missing."""
    chosen = [1] if rows.shape[1] == 2 else range(rows.shape[1])
    if any((truth == c).all() or not (truth == c).any() for c in chosen):
        return None
    return float(np.mean([roc_auc_score(truth == c, rows[:, c]) for c in chosen]))


def members(groups):
    """The numbers of the pictures of each group."""
    found = {}
    for index, group in enumerate(groups):
        found.setdefault(group, []).append(index)
    return list(found.values())
