"""Drawn people who walk through a scene: videos with exact identities."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .body import Build, Pose, articulate, sample_build, sample_pose
from .figure import FigureBuilder, View
from .look import Look, sample_look
from .scene import (
    SUPERSAMPLING,
    Person,
    _compose,
    _extent,
    _Item,
    _label_fairly,
)
from .scenery import paint_background

STEPS_PER_SECOND = 0.9  # whole cycles of a walk, two steps each


class TrackedPerson(NamedTuple):
    """One of the people of a frame.

    Attributes:
        identity (int): Who it is, from 0; the same in all frames.
        person (Person): The labels, in pixels of the frame.
    """
    identity: int
    person: Person


@dataclass(frozen=True)
class _Walker:
    """How somebody looks, stands and moves.

    Attributes:
        pose (Pose): At one end of a step, seen from the right; the other end
            swaps the sides.
        scale (float): Height, canvas pixels.
        start (np.ndarray): Place of the pelvis at the start, canvas pixels,
            (2,).
        speed (float): Canvas pixels per second along x; negative to the left.
        phase (float): Of the step at the start, in cycles.
    """
    build: Build
    look: Look
    pose: Pose
    scale: float
    start: np.ndarray
    speed: float
    phase: float

    def at(self, seconds: float, width: float) -> tuple[Pose, np.ndarray]:
        """Return pose and place of the pelvis; whoever leaves turns round.

        Args:
            seconds (float): Since the start.
            width (float): Of the canvas, in its pixels.

        Returns:
            tuple[Pose, np.ndarray]: The pose between both ends of a step, and
            the place, canvas pixels, (2,).
        """
        cycle = 2 * np.pi * (self.phase + STEPS_PER_SECOND * seconds)
        share = 0.5 + 0.5 * np.sin(cycle)
        # A triangle wave: to the border, and back.
        x = (self.start[0] + self.speed * seconds) % (2 * width)
        to_the_right = (x < width) == (self.speed > 0)
        pose = replace(
            self.pose,
            arms=share * self.pose.arms + (1 - share) * self.pose.arms[::-1],
            legs=share * self.pose.legs + (1 - share) * self.pose.legs[::-1],
            heading=-self.pose.heading if to_the_right else self.pose.heading)
        return pose, np.array([min(x, 2 * width - x), self.start[1]])


class WalkingPeople:
    """A video of people who cross each other's way.

    Args:
        num_people (int): How many.
        size (tuple[int, int]): Width and height of the frames in pixels.
        fps (float): Frames per second.
        seed (int): Everything follows from it.
        person_height (tuple[float, float]): Range of the height of people, in
            frame heights.
    """

    def __init__(self,
                 num_people: int,
                 size: tuple[int, int] = (320, 240),
                 fps: float = 25.0,
                 seed: int = 0,
                 person_height: tuple[float, float] = (0.4, 0.7)) -> None:
        self.size = size
        self.fps = fps
        rng = np.random.default_rng(seed)
        self._canvas = SUPERSAMPLING * np.array(size)
        self._background = paint_background(*size, 0.4 * size[1], rng)
        self._walkers = [self._walker(rng, person_height)
                         for _ in range(num_people)]

    def _walker(self, rng: np.random.Generator,
                person_height: tuple[float, float]) -> _Walker:
        width, height = self._canvas
        direction = rng.choice((-1, 1))
        pose = replace(sample_pose(rng, 5.0, ('walk', )),
                       heading=float(60 + rng.normal(0, 10)))
        build = sample_build(rng)
        scale = float(rng.uniform(*person_height) * height)
        return _Walker(
            build, sample_look(rng, build.curvy), pose, scale,
            np.array([rng.uniform(0, width), 0.9 * height - 0.5 * scale]),
            float(direction * rng.uniform(0.15, 0.4) * scale),
            float(rng.uniform()))

    def frame(self, index: int) -> tuple[np.ndarray, list[TrackedPerson]]:
        """Draw a frame.

        Args:
            index (int): Its number, from 0.

        Returns:
            tuple[np.ndarray, list[TrackedPerson]]: The image (H, W, 3), BGR,
            uint8, and who is seen in it; whoever hardly shows is left out of
            both.
        """
        items = self._items(index / self.fps)
        width, height = self.size
        labels, people, kept = _label_fairly(
            [item for item, _ in items], width, height)
        image = _compose(self._background, labels, kept)
        identities = {id(item): who for item, who in items}
        return image, [TrackedPerson(identities[id(item)], person)
                       for item, person in zip(kept, people, strict=True)]

    def _items(self, seconds: float) -> list[tuple[_Item, int]]:
        """Pose everybody, from far to near: (item, identity)."""
        items = []
        for who, walker in enumerate(self._walkers):
            pose, place = walker.at(seconds, float(self._canvas[0]))
            body = articulate(walker.build, pose)
            view = View(walker.scale, place, 0.1, np.array([0.6, 0.8]))
            figure = FigureBuilder(body, walker.look, view).build()
            low = _extent(body, replace(view, origin=np.zeros(2)))[3] + place[1]
            items.append((_Item(float(low), figure.shapes, figure), who))
        return sorted(items, key=lambda pair: pair[0].ground)
