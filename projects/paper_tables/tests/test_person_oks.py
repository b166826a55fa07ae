"""The mean OKS of persons against the formula, person by person."""
from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from projects.paper_tables.person_oks import mean_person_oks

SIGMAS = [0.03, 0.05, 0.08, 0.1]


def person(rng, image: int, number: int, **changes) -> dict:
    points = rng.uniform(0, 100, (len(SIGMAS), 3))
    points[:, 2] = rng.integers(0, 3, len(SIGMAS))
    points[0, 2] = 2
    return dict(
        id=number, image_id=image, category_id=1, bbox=[0, 0, 100, 100],
        area=float(rng.uniform(500, 5000)), iscrowd=0,
        keypoints=points.reshape(-1).tolist(),
        num_keypoints=int((points[:, 2] > 0).sum())) | changes


def prediction(rng, truth: dict) -> dict:
    points = np.reshape(truth['keypoints'], (-1, 3)).astype(float)
    points[:, :2] += rng.normal(size=(len(SIGMAS), 2)) * 4
    return dict(image_id=truth['image_id'], category_id=1,
                keypoints=points.reshape(-1).tolist(),
                score=float(rng.uniform()))


def oks(truth: dict, predicted: dict) -> float:
    """OKS as COCO's page on keypoint evaluation defines it."""
    total = count = 0
    for k, sigma in enumerate(SIGMAS):
        x, y, visible = truth['keypoints'][3 * k:3 * k + 3]
        if visible > 0:
            px, py = predicted['keypoints'][3 * k:3 * k + 2]
            squared = (px - x) ** 2 + (py - y) ** 2
            total += math.exp(-squared / (2 * truth['area'] * (2 * sigma)**2))
            count += 1
    return total / count


@pytest.fixture
def truth() -> list[dict]:
    """Six images of zero to three persons, a crowd and an unlabelled one."""
    rng = np.random.default_rng(0)
    persons = [person(rng, image, 10 * image + n)
               for image in range(1, 7) for n in range(image % 4)]
    persons.append(person(rng, 1, 91, iscrowd=1))
    persons.append(person(rng, 2, 92, num_keypoints=0,
                          keypoints=[0] * 3 * len(SIGMAS)))
    return persons


def write(folder: Path, truth: list[dict],
          predictions: list[dict]) -> tuple[Path, Path]:
    names = folder / 'truth.json', folder / 'predictions.json'
    names[0].write_text(json.dumps(dict(
        images=[dict(id=i, width=100, height=100) for i in range(1, 7)],
        annotations=truth, categories=[dict(id=1, name='person')])))
    names[1].write_text(json.dumps(predictions))
    return names


def test_it_is_the_best_of_each_person(truth, tmp_path):
    rng = np.random.default_rng(1)
    # Persons of the third image are missed; others are found twice.
    predictions = [prediction(rng, p) for p in truth * 2
                   if p['image_id'] != 3]
    wanted = [
        max((oks(p, q) for q in predictions if q['image_id'] == p['image_id']),
            default=0.0)
        for p in truth if p['num_keypoints'] and not p['iscrowd']
    ]
    assert 0.1 < np.mean(wanted) < 0.9
    found = mean_person_oks(*write(tmp_path, truth, predictions), SIGMAS)
    assert found == pytest.approx(np.mean(wanted), abs=1e-12)


def test_the_number_of_keypoints_may_be_absent(truth, tmp_path):
    predictions = [prediction(np.random.default_rng(3), p) for p in truth]
    found = mean_person_oks(*write(tmp_path, truth, predictions), SIGMAS)
    for person in truth:
        del person['num_keypoints']
    assert mean_person_oks(
        *write(tmp_path, truth, predictions), SIGMAS) == found > 0


def test_only_the_twenty_best_of_a_image_count(truth, tmp_path):
    rng = np.random.default_rng(2)
    one = truth[0]
    exact = dict(prediction(rng, one), keypoints=one['keypoints'], score=0.1)
    far = dict(exact, keypoints=[1e4, 1e4, 1.0] * len(SIGMAS), score=0.9)
    for others, wanted in ((19, 1.0), (20, 0.0)):
        files = write(tmp_path, [one], [exact] + [far] * others)
        assert mean_person_oks(*files, SIGMAS) == pytest.approx(wanted)


def test_nobody_predicted_and_nobody_labelled(truth, tmp_path):
    assert mean_person_oks(*write(tmp_path, truth, []), SIGMAS) == 0
    files = write(tmp_path, [], [])
    assert math.isnan(mean_person_oks(*files, SIGMAS))
