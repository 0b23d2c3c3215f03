"""Writes meta.mat and meta-plain.mat: a small stand-in for the meta.mat of ILSVRC2012's development kit.

    python meta_mat.py        (made with SciPy 1.17.1)

The real file is a struct array `synsets` of 1,860 rows, compressed; the classes are those without
children. As in it, the ILSVRC2012_ID of a class is not its place in the order of synsets.
"""

import numpy
from scipy.io import savemat

FIELDS = [(name, object) for name in ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children",
                                      "children", "wordnet_height", "num_train_images")]
ROWS = [
    (1, "n02119789", "kit fox, Vulpes macrotis", "small grey fox", 0, [], 0, 1300),
    (2, "n03000684", "chain saw, chainsaw", "portable power saw", 0, [], 0, 1194),
    (3, "n01440764", "tench, Tinca tinca", "freshwater dace-like fish", 0, [], 0, 1300),
    (1001, "n01861778", "mammal", "any warm-blooded vertebrate", 2, [1, 7], 5, 0),
]

# Numbers as MATLAB has them, but for one: it stores each in the smallest type that holds it.
def value(v):
    return v if isinstance(v, str) else numpy.array(v, dtype=float)


rows = [tuple(map(value, row)) for row in ROWS]
rows[0] = (numpy.uint16(1),) + rows[0][1:]
synsets = numpy.array(rows, dtype=FIELDS).reshape(-1, 1)
for name, packed in (("meta.mat", True), ("meta-plain.mat", False)):
    savemat(name, {"other": 1.5, "synsets": synsets}, do_compression=packed)
