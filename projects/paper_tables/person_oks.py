"""How well the average person is met: a steadier figure than AP."""
from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sasd_mmpose.datasets.annotation_schema import read_json

MAX_PER_IMAGE = 20  # as in COCO's AP of keypoints


def mean_person_oks(ann_file: str | Path, predictions: str | Path,
                    sigmas: Sequence[float]) -> float:
    """Average over labelled persons of the OKS of their best prediction.

    AP counts a person where OKS passes a threshold, and few do with a net
    that has learnt little; this counts every person in full, so that two
    trainings differ clearly with far fewer of them. Where AP can tell it is
    the better figure: this one does not mind predictions of nobody.

    Args:
        ann_file (str | Path): Ground truth in COCO's format.
        predictions (str | Path): People in COCO's result format; of each
            image the 20 with the highest scores count.
        sigmas (Sequence[float]): Of the keypoints, shape (K, ).

    Returns:
        float: In [0, 1]; a person in an image without predictions counts
        as 0. Not a number if nobody is labelled.
    """
    # An empty list of predictions is no file that pycocotools can read.
    found = bool(json.loads(Path(predictions).read_text()))
    with redirect_stdout(StringIO()):
        truth = COCO()
        truth.dataset = read_json(str(ann_file))
        truth.createIndex()
        for person in truth.anns.values():
            visible = person.get('keypoints', [])[2::3]
            person.setdefault('num_keypoints', sum(v > 0 for v in visible))
        if found:
            evaluator = COCOeval(truth, truth.loadRes(str(predictions)), 'keypoints')
            evaluator.params.kpt_oks_sigmas = np.asarray(sigmas)
            evaluator.params.maxDets = [MAX_PER_IMAGE]
            evaluator.evaluate()
    best = []
    for image in truth.getImgIds():
        for category in truth.getCatIds():
            persons = truth.loadAnns(truth.getAnnIds(imgIds=[image], catIds=[category]))
            labelled = np.array(
                [p['num_keypoints'] > 0 and not p.get('iscrowd', 0)
                 for p in persons], dtype=bool)
            # Shape (people, persons); empty without either.
            oks = np.asarray(evaluator.ious[image, category]) if found else []
            best.append(oks.max(axis=0)[labelled] if np.size(oks)
                        else np.zeros(labelled.sum()))
    best = np.concatenate(best)
    return float(best.mean()) if len(best) else float('nan')
