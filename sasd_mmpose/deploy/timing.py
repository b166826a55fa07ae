"""What decoding costs beside the net itself."""
from __future__ import annotations

import statistics
import time
from typing import NamedTuple

import numpy as np

from .description import ModelDescription
from .predictor import PosePredictor

ABSENT, PRESENT = -9.0, 2.0  # logits of objectness
# Columns and rows of the cells that predict the same person, as the training's
# assignment has it: the one of its centre and two beside it.
CELLS = ((0, 0), (1, 0), (0, 1))


class Timing(NamedTuple):
    """Medians in milliseconds of this process's own time.

    Attributes:
        people (int): Persons in the maps that were decoded.
        net (float): The net.
        decode (float): Decoding and suppression.
    """
    people: int
    net: float
    decode: float


def plant_people(description: ModelDescription, size: tuple[int, int],
                 people: int, seed: int = 0) -> list[np.ndarray]:
    """Make raw maps of a net that finds so many people.

    Every anchor of three cells predicts each of them, nearly alike.

    Args:
        description (ModelDescription): The net.
        size (tuple[int, int]): Width and height of its input in pixels.
        people (int): Number of persons, side by side on the finest level.
        seed (int): Seed of all other values.

    Returns:
        list[np.ndarray]: Per level, float32 of its shape.

    Raises:
        ValueError: So many have no place.
    """
    rng = np.random.default_rng(seed)
    maps = []
    for output in description.outputs:
        channels, rows, columns = description.map_shape(output, size)
        level = rng.normal(size=(channels, rows, columns)).astype(np.float32)
        anchors = len(output.anchors)
        level.reshape(anchors, -1, rows, columns)[:, 4] = ABSENT
        maps.append(level)
    output, level = description.outputs[0], maps[0]
    raw = level.reshape(len(output.anchors), -1, *level.shape[1:])
    side = np.mean(output.anchors)
    step = max(3, int(np.ceil(side / output.stride)))
    places = [(column, row) for row in range(1, raw.shape[2] - 2, step)
              for column in range(1, raw.shape[3] - 2, step)]
    if people > len(places):
        raise ValueError(f'{people} persons have no place, {len(places)} have')
    for column, row in places[:people]:
        for right, down in CELLS:
            cell = raw[:, :, row + down, column + right]
            cell[:, :2] = _logit((np.array([0.9 - right, 0.9 - down]) + 0.5) / 2)
            cell[:, 2:4] = _logit(np.sqrt(side / np.array(output.anchors)) / 2)
            cell[:, 4] = PRESENT + rng.random(len(cell))
    return maps


def _logit(p: np.ndarray) -> np.ndarray:
    """Turn probabilities into logits; those out of range into far ones."""
    p = p.clip(0.02, 0.98)
    return np.log(p / (1 - p))


def time_decoding(predictor: PosePredictor, people: int,
                  rounds: int = 50) -> Timing:
    """Time net and decoding, taken in turn.

    Args:
        predictor (PosePredictor): The net; at one thread.
        people (int): Number of persons.
        rounds (int): How often.
    """
    maps = plant_people(predictor.description, predictor.size, people)
    width, height = predictor.size
    blob = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    place = predictor.letterbox.place(width, height)
    spent = ([], [])
    for _ in range(rounds):
        for times, work in zip(spent, (
                lambda: predictor.net(blob),
                lambda: predictor.decode(maps, place))):
            start = time.process_time()
            work()
            times.append(1e3 * (time.process_time() - start))
    return Timing(len(predictor.decode(maps, place)),
                  *(statistics.median(times) for times in spent))
