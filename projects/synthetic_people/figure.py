"""Turns a posed body and its outfit into flat shapes, sorted back to front.

Limbs are tapered capsules, the trunk is made of hulls of elliptic rings, the
head is an ellipsoid with features on its surface; all of it lives in space and
is projected, so that foreshortening and self-occlusion come by themselves.
"""
from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import cv2
import numpy as np

from .body import LEFT, RIGHT, Skeleton
from .look import Colour, Look


class Part(IntEnum):
    """What a shape belongs to; limbs come as left and right."""
    PROP = 0
    TRUNK = 1
    SKIRT = 2
    NECK = 3
    HEAD = 4
    HAIR = 5
    HAT = 6
    UPPER_ARM = 8  # 8 left, 9 right, and so on
    FOREARM = 10
    HAND = 12
    THIGH = 14
    SHANK = 16
    FOOT = 18


class Shape(NamedTuple):
    """A filled polygon.

    Attributes:
        points (np.ndarray): Corners in canvas pixels, (n, 2).
        colour (Colour): BGR, (3,).
        part (int): The :class:`Part`, with the side added for limbs.
    """
    points: np.ndarray
    colour: Colour
    part: int


@dataclass(frozen=True)
class View:
    """How statures become canvas pixels.

    Attributes:
        scale (float): Canvas pixels per stature.
        origin (np.ndarray): Where the pelvis lies, canvas pixels, (2,).
        perspective (float): Growth per stature towards the camera.
        light (np.ndarray): Direction towards the light in the image, (2,).
    """
    scale: float
    origin: np.ndarray
    perspective: float
    light: np.ndarray

    def zoom(self, points: np.ndarray) -> np.ndarray:
        """Canvas pixels per stature at ``points`` (..., 3); shape (...)."""
        return self.scale / (1.0 + self.perspective * points[..., 2])

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project ``points`` (..., 3) to canvas pixels (..., 2)."""
        return points[..., :2] * self.zoom(points)[..., None] + self.origin


class Landmark(NamedTuple):
    """A keypoint of a figure before anything is drawn.

    Attributes:
        point (np.ndarray): Canvas pixels, (2,).
        hosts (frozenset[int]): The parts on which the joint can be seen.
    """
    point: np.ndarray
    hosts: frozenset[int]


class Figure(NamedTuple):
    """A drawable person.

    Attributes:
        shapes (list[Shape]): From back to front.
        landmarks (dict[str, Landmark]): By keypoint name.
    """
    shapes: list[Shape]
    landmarks: dict[str, Landmark]


_SMALL_HEAD = 4.0
"""Radius below which a face has no features, canvas pixels."""
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 7)
_RING = np.stack([np.cos(np.linspace(0, 2 * np.pi, 14, endpoint=False)),
                  np.sin(np.linspace(0, 2 * np.pi, 14, endpoint=False))], 1)


def _unit_sphere() -> np.ndarray:
    """Points on the unit sphere, (n, 3), about evenly spread."""
    index = np.arange(160) + 0.5
    height = 1 - 2 * index / 160
    turn = index * np.pi * (1 + 5**0.5)
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), height, radius * np.sin(turn)], 1)


_SPHERE = _unit_sphere()
# The scalp is a cap of the sphere that reaches from the forehead to the nape.
_SCALP = _SPHERE[_SPHERE @ np.array([0.0, -0.8, 0.6]) > 0.24]
_SCALP_FULL = _SPHERE[_SPHERE @ np.array([0.0, -0.62, 0.78]) > 0.02]
_CROWN = _SPHERE[_SPHERE[:, 1] < -0.38]


class _Capsule(NamedTuple):
    depth: float
    start: np.ndarray
    end: np.ndarray
    radii: tuple[float, float]
    colour: Colour
    part: int
    order: int


class FigureBuilder:
    """Collects the shapes of one person.

    Args:
        body (Skeleton): The posed body.
        look (Look): Its outfit.
        view (View): The projection.
    """

    def __init__(self, body: Skeleton, look: Look, view: View) -> None:
        self.body = body
        self.look = look
        self.view = view
        self._capsules: list[_Capsule] = []
        self._shapes: list[tuple[float, int, Shape]] = []
        self._order = 0

    def build(self) -> Figure:
        """Return the figure's shapes from back to front, and its keypoints."""
        self._seat()
        self._legs()
        self._trunk()
        self._arms()
        self._head()
        self._flush_capsules()
        self._shapes.sort(key=lambda item: (-item[0], item[1]))
        return Figure([shape for *_, shape in self._shapes],
                      self._landmarks())

    # -- drawing primitives -------------------------------------------------

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _polygon(self, depth: float, points: np.ndarray, colour: Colour,
                 part: int) -> None:
        self._shapes.append(
            (depth, self._next(), Shape(points, colour, int(part))))

    def _capsule(self, depth: float, start: np.ndarray, end: np.ndarray,
                 radii: tuple[float, float], colour: Colour,
                 part: int) -> None:
        """Add a tapered limb between points (3,); radii in statures."""
        self._capsules.append(
            _Capsule(depth, start, end, radii, colour, int(part),
                     self._next()))

    def _hull(self, depth: float, points: np.ndarray, colour: Colour,
              part: int, shade: bool = True) -> None:
        """Add the hull of canvas points (n, 2), lit from one side."""
        hull = cv2.convexHull(points.astype(np.float32))[:, 0]
        if not shade:
            self._polygon(depth, hull, colour, part)
            return
        self._polygon(depth, hull, colour * 0.76, part)
        centre = np.add.reduce(hull) / len(hull)
        arms = hull - centre
        size = float(np.add.reduce(np.abs(arms), None)) / arms.size
        lit = centre + 0.86 * arms + 0.13 * size * self.view.light
        self._polygon(depth, lit, colour, part)

    def _ellipse(self, depth: float, centre: np.ndarray, axes: np.ndarray,
                 colour: Colour, part: int) -> None:
        """Add an ellipse: centre (2,), axes as columns (2, 2), canvas px."""
        self._polygon(depth, centre + _RING @ axes.T, colour, part)

    def _flush_capsules(self) -> None:
        """Turn all capsules into polygons at once."""
        view = self.view
        ends = np.concatenate(
            [point for c in self._capsules for point in (c.start, c.end)])
        ends = ends.reshape(-1, 2, 3)
        radii = np.array([c.radii for c in self._capsules]) * view.zoom(ends)
        first, last = view.project(ends).swapaxes(0, 1)
        dark = capsule_outlines(first, last, radii[:, 0], radii[:, 1])
        shift = 0.2 * view.light
        lit = capsule_outlines(first + shift * radii[:, :1],
                               last + shift * radii[:, 1:],
                               0.78 * radii[:, 0], 0.78 * radii[:, 1])
        for i, item in enumerate(self._capsules):
            self._shapes.append((item.depth, item.order,
                                 Shape(dark[i], item.colour * 0.76,
                                       item.part)))
            self._shapes.append((item.depth, item.order,
                                 Shape(lit[i], item.colour, item.part)))

    # -- trunk and limbs ----------------------------------------------------

    def _rings(self, *sizes: tuple[float, float, float]) -> np.ndarray:
        """Ellipses round the spine.

        Args:
            sizes (tuple[float, float, float]): Of each ring the level (0
                hips, 1 shoulders), half width and half depth.

        Returns:
            np.ndarray: Points in space, (number of rings, 14, 3).
        """
        body = self.body
        level, width, depth = np.array(sizes).T[..., None]
        share = level.clip(0, 1)
        along = (share * body.joints['neck'] - body.build.trunk *
                 ((level - 1).clip(0) * body.chest[:, 1] +
                  level.clip(None, 0) * body.pelvis[:, 1]))
        across = width * ((1 - share) * body.pelvis[:, 0] +
                          share * body.chest[:, 0])
        through = depth * ((1 - share) * body.pelvis[:, 2] +
                           share * body.chest[:, 2])
        return (along[:, None] + _RING[:, :1] * across[:, None] +
                _RING[:, 1:] * through[:, None])

    def _trunk(self) -> None:
        body, look = self.body, self.look
        build, girth = body.build, body.build.girth
        wide = build.shoulder
        cloth = 1.0 + 0.35 * (look.loose - 1.0)
        waist = (0.088 - 0.018 * build.curvy) * girth * cloth
        hips = (build.hip + 0.038) * girth
        rings = self.view.project(
            self._rings(
                (1.06, 0.045, 0.04),  # collar
                (0.97, wide * 1.02, 0.044 * girth),  # shoulders
                (0.72, wide * 0.92 * cloth, 0.062 * girth),  # chest
                (0.38, waist, 0.056 * girth),  # belly
                (-0.1, hips * 1.03, 0.064 * girth),  # hem
                (0.02, hips, 0.062 * girth),  # hips
                (-0.2, hips * 0.72, 0.05 * girth)))  # crotch
        self._hull(0.03, rings[5:].reshape(-1, 2), look.bottom, Part.TRUNK)
        depth = float(0.5 * body.joints['neck'][2]) - 0.03
        self._hull(depth, rings[3:6].reshape(-1, 2), look.shirt, Part.TRUNK)
        self._hull(depth, rings[:4].reshape(-1, 2), look.shirt, Part.TRUNK)
        if look.stripe is not None:
            self._stripes(depth, waist, wide * 0.9, look.stripe)
        self._trunk_front(depth, cloth)
        self._neck(depth)

    def _stripes(self, depth: float, waist: float, chest: float,
                 colour: Colour) -> None:
        edges = []
        for level in (0.12, 0.34, 0.56, 0.78):
            width = 0.96 * (waist + (chest - waist) * min(level / 0.72, 1.0))
            edges += [(level + step, width, 0.052 * self.body.build.girth)
                      for step in (-0.035, 0.035)]
        for band in self.view.project(self._rings(*edges)).reshape(4, -1, 2):
            self._hull(depth, band, colour, Part.TRUNK, shade=False)

    def _trunk_front(self, depth: float, cloth: float) -> None:
        """A tie or what an open jacket shows, where the chest can be seen."""
        body, look = self.body, self.look
        if look.front is None or body.chest[2, 2] < 0.25:
            return
        build = body.build
        half = build.shoulder * look.front_width
        out = 0.062 * build.girth * cloth
        points = []
        for ring in self._rings((1.03, half, 0.038), (0.7, half, out),
                                (0.02, half, out)):
            front = ring[np.argmin(ring @ body.chest[:, 2])]
            spread = (ring[0] - ring[7]) / 2
            points += [front + spread, front - spread]
        self._hull(depth, self.view.project(np.array(points)), look.front,
                   Part.TRUNK, shade=False)

    def _neck(self, depth: float) -> None:
        joints, look = self.body.joints, self.look
        self._capsule(depth - 0.002, joints['neck'], 0.5 * joints['neck'] +
                      0.5 * joints['head'],
                      (0.034 * self.body.build.girth,
                       0.031 * self.body.build.girth), look.skin * 0.93,
                      Part.NECK)

    def _limb(self, names: tuple[str, str], radii: tuple[float, float],
              bias: float, part: int, reach: tuple[float, float],
              colour: Colour, factor: float = 1.0) -> None:
        """A stretch of a limb between two joints.

        Args:
            names (tuple[str, str]): The joints.
            radii (tuple[float, float]): Thickness at each, in statures.
            bias (float): Added to its depth.
            part (int): The part with its side.
            reach (tuple[float, float]): The stretch, as shares of its length.
            colour (Colour): Its colour.
            factor (float): Factor on the thickness, as for cloth.
        """
        start, end = (self.body.joints[name] for name in names)
        girth = self.body.build.girth * factor
        ends = [start + share * (end - start) for share in reach]
        sizes = [(radii[0] + share * (radii[1] - radii[0])) * girth
                 for share in reach]
        depth = float(0.5 * (start[2] + end[2]) + bias)
        self._capsule(depth, ends[0], ends[1], (sizes[0], sizes[1]), colour,
                      part)

    def _arms(self) -> None:
        look = self.look
        for side, name in enumerate(('left', 'right')):
            upper = (f'{name}_shoulder', f'{name}_elbow')
            fore = (f'{name}_elbow', f'{name}_wrist')
            upper_radii, fore_radii = (0.034, 0.026), (0.026, 0.018)
            part = Part.UPPER_ARM + side
            if look.sleeve < 1:
                self._limb(upper, upper_radii, -0.04, part, (0, 1), look.skin)
            if look.sleeve > 0:
                self._limb(upper, upper_radii, -0.04, part,
                           (0, min(look.sleeve, 1.0)), look.shirt, look.loose)
            part = Part.FOREARM + side
            self._limb(fore, fore_radii, -0.05, part, (0, 1), look.skin)
            self._hand(name, side)
            if look.sleeve > 1:
                self._limb(fore, fore_radii, -0.05, part,
                           (0, 0.93 * (look.sleeve - 1)), look.shirt,
                           look.loose)

    def _hand(self, name: str, side: int) -> None:
        joints, skin = self.body.joints, self.look.skin
        wrist, knuckles = joints[f'{name}_wrist'], joints[f'{name}_knuckles']
        depth = float(joints[f'{name}_elbow'][2] + wrist[2]) / 2 - 0.055
        part = Part.HAND + side
        tips = knuckles + 0.55 * (knuckles - wrist)
        self._capsule(depth, wrist, joints[f'{name}_thumb'], (0.014, 0.008),
                      skin, part)
        self._capsule(depth, wrist, knuckles, (0.017, 0.021), skin, part)
        self._capsule(depth, knuckles, tips, (0.019, 0.013), skin, part)

    def _legs(self) -> None:
        look, build = self.look, self.body.build
        thick = 0.056 + 0.008 * build.curvy
        bare = look.legwear in ('skirt', 'dress')
        for side, name in enumerate(('left', 'right')):
            upper = (f'{name}_hip', f'{name}_knee')
            lower = (f'{name}_knee', f'{name}_ankle')
            upper_radii, lower_radii = (thick, 0.037), (0.038, 0.022)
            part = Part.THIGH + side
            if bare or look.leg < 1:
                self._limb(upper, upper_radii, 0.0, part, (0, 1), look.skin)
            part_low = Part.SHANK + side
            self._limb(lower, lower_radii, -0.005, part_low, (0, 1),
                       look.skin)
            if bare or look.leg < 1.5:  # the calf
                self._limb(lower, (0.034, 0.041), -0.005, part_low,
                           (0.12, 0.42), look.skin)
            if look.sock is not None:
                self._limb(lower, lower_radii, -0.005, part_low, (0.62, 1),
                           look.sock, 1.08)
            if not bare:
                stretch = 1 + 0.6 * (look.loose - 1)
                self._limb(upper, upper_radii, 0.0, part,
                           (0, min(look.leg, 1.0)), look.bottom, stretch)
                if look.leg > 1:
                    self._limb(lower, (0.042, 0.029), -0.005, part_low,
                               (0, look.leg - 1), look.bottom, stretch)
            self._foot(name, side)
        if bare:
            self._skirt()

    def _foot(self, name: str, side: int) -> None:
        joints, shoe = self.body.joints, self.look.shoe
        ankle, toes, heel = (joints[f'{name}_{end}']
                             for end in ('ankle', 'toes', 'heel'))
        depth = float(0.5 * (joints[f'{name}_knee'][2] + ankle[2])) - 0.01
        part = Part.FOOT + side
        self._capsule(depth, ankle, heel, (0.025, 0.026), shoe, part)
        self._capsule(depth, heel, toes, (0.026, 0.022), shoe, part)
        self._capsule(depth, ankle, 0.45 * ankle + 0.55 * toes,
                      (0.026, 0.024), shoe, part)

    def _skirt(self) -> None:
        body, look = self.body, self.look
        joints, girth = body.joints, body.build.girth
        hips = body.build.hip + 0.036
        points = [*self._rings((0.12, hips * 0.86 * girth, 0.055 * girth),
                               (-0.05, hips * girth, 0.064 * girth))]
        share = 0.75 if look.leg < 1.97 else 1.0
        for name in ('left', 'right'):
            hem = joints[f'{name}_hip'] + share * (joints[f'{name}_knee'] -
                                                   joints[f'{name}_hip'])
            axis = (joints[f'{name}_knee'] - joints[f'{name}_hip'])
            across = np.cross(axis, body.pelvis[:, 2])
            across = across / (np.linalg.norm(across) + 1e-6)
            through = np.cross(axis, across)
            through = through / (np.linalg.norm(through) + 1e-6)
            radius = 0.062 * girth * look.loose
            points.append(hem + radius * (_RING @ np.stack([across, through])))
        depth = min(0.5 * float(joints[f'{name}_knee'][2])
                    for name in ('left', 'right')) - 0.005
        # A skirt lies over both thighs, but under the shirt of who stands.
        self._hull(depth, self.view.project(np.concatenate(points)),
                   look.bottom, Part.SKIRT)

    def _seat(self) -> None:
        """A stool under a sitting person."""
        if self.body.pose.kind.seat != 'seat':
            return
        joints, turn = self.body.joints, self.body.pelvis
        knees = 0.5 * (joints['left_knee'] + joints['right_knee'])
        centre = 0.35 * knees
        corners = np.array([[x, y, z] for x in (-0.13, 0.13)
                            for y in (0.065, 0.10) for z in (-0.12, 0.12)])
        top = self.view.project(centre + corners @ turn.T)
        legs = corners * np.array([0.85, 1.0, 0.85])
        legs[:, 1] = np.where(corners[:, 1] > 0.08, 0.27, 0.10)
        tone = self.look.hat * 0.8
        depth = float(centre[2]) + 0.06
        self._hull(depth, self.view.project(centre + legs @ turn.T),
                   tone * 0.7, Part.PROP)
        self._hull(depth, top, tone, Part.PROP)

    # -- head ---------------------------------------------------------------

    def _on_head(self, unit: np.ndarray, grow: float = 1.0) -> np.ndarray:
        """Points of the head's surface, (..., 3), from unit vectors."""
        axes = self.body.head * self.body.build.head
        return self.body.joints['head'] + grow * unit @ axes.T

    def _patch(self, depth: float, at: np.ndarray, width: float,
               height: float, colour: Colour, part: int = Part.HEAD) -> None:
        """A small ellipse on the head's surface, sizes in statures."""
        centre = self._on_head(at)
        zoom = self.view.zoom(centre)
        axes = self.body.head[:2, :2] * np.array([width, height]) * zoom
        self._ellipse(depth, self.view.project(centre), axes, colour, part)

    def _head(self) -> None:
        body, view, look = self.body, self.view, self.look
        centre = body.joints['head']
        depth = float(centre[2]) - 0.04
        # A head thrown back stays before its neck; one that is bent away from
        # the camera vanishes behind the trunk.
        trunk = float(0.5 * body.joints['neck'][2]) - 0.03
        if depth < trunk + 0.09:
            depth = min(depth, trunk - 0.004)
        facing = float(body.head[2, 2])  # 1 towards the camera
        axes = (body.head * body.build.head)[:2]
        outline = np.linalg.cholesky(axes @ axes.T) * view.zoom(centre)
        self._hair_behind(depth, facing)
        near = [self._surface_depth(ear) < -0.1 for ear in EARS]
        for side in (LEFT, RIGHT):
            if not near[side]:
                self._ear(depth, side)
        self._ellipse(depth, view.project(centre), outline, look.skin * 0.8,
                      Part.HEAD)
        radius = float(np.sqrt(abs(np.linalg.det(outline))))
        self._ellipse(depth, view.project(centre) + 0.1 * radius * view.light,
                      outline * 0.88, look.skin, Part.HEAD)
        for side in (LEFT, RIGHT):
            if near[side]:
                self._ear(depth, side)
        if radius > _SMALL_HEAD:
            self._face(depth)
        self._hair_front(depth, facing)

    def _surface_depth(self, unit: np.ndarray) -> np.ndarray:
        """How far normals at unit vectors (..., 3) point from the camera."""
        normals = unit / self.body.build.head
        length = np.sqrt((normals * normals) @ np.ones(3))
        return normals @ self.body.head[2] / length

    def _ear(self, depth: float, side: int) -> None:
        centre = self._on_head(EARS[side])
        zoom = self.view.zoom(centre)
        head = self.body.head[:2]
        axes = np.array([head[:, 2] * 0.013 + head[:, 0] * 0.006,
                         head[:, 1] * 0.02]).T * zoom
        tone = self.look.skin * 0.86
        centre = self.view.project(centre)
        self._ellipse(depth, centre, axes, tone, Part.HEAD)
        self._ellipse(depth, centre, axes * 0.5, tone * 0.8, Part.HEAD)

    def _face(self, depth: float) -> None:
        look = self.look
        brow = look.hair * 0.8
        if look.beard:
            points = _SPHERE[(_SPHERE[:, 1] > 0.38) & (_SPHERE[:, 2] < 0.25)]
            seen = points[self._surface_depth(points) < 0.05]
            if len(seen) > 3:
                self._hull(depth, self.view.project(self._on_head(seen, 1.04)),
                           look.hair, Part.HEAD, shade=False)
        for side in (LEFT, RIGHT):
            at = EYES[side]
            if self._surface_depth(at) > -0.12:
                continue
            if look.glasses:
                self._glass(depth, at)
            self._patch(depth, at, 0.0125, 0.0075,
                        np.array([238.0, 240.0, 240.0]))
            self._patch(depth, at, 0.0062, 0.0068,
                        np.array([30.0, 26.0, 24.0]))
            self._patch(depth, at * np.array([1.0, 4.6, 1.0]), 0.014, 0.0035,
                        brow)
        if self._surface_depth(MOUTH) < -0.1:
            self._patch(depth, MOUTH, 0.018, 0.0062, _mix(
                look.skin * 0.7, np.array([70.0, 60.0, 170.0]), 0.5))
        if self._surface_depth(NOSE) < 0.3:
            root = self._on_head(np.array([0.0, -0.05, -0.98]))
            tip = self._on_head(NOSE)
            self._capsule(depth, root, tip, (0.005, 0.0115),
                          look.skin * 0.88, Part.HEAD)

    def _glass(self, depth: float, at: np.ndarray) -> None:
        centre = self._on_head(at * 1.03)
        zoom = self.view.zoom(centre)
        axes = self.body.head[:2, :2] * np.array([0.0185, 0.015]) * zoom
        centre = self.view.project(centre)
        self._ellipse(depth, centre, axes, np.array([30.0, 30.0, 34.0]),
                      Part.HEAD)
        self._ellipse(depth, centre, 0.78 * axes, self.look.skin * 1.03,
                      Part.HEAD)

    def _hair_behind(self, depth: float, facing: float) -> None:
        """Long hair: behind the neck from the front, before it from behind."""
        look, body = self.look, self.body
        if look.hair_style not in ('long', 'bob', 'tail', 'bun'):
            return
        head, build = body.joints['head'], body.build.head
        back, down = body.head[:, 2], body.chest[:, 1]
        place = depth + 0.05 * facing + 0.02 * np.sign(facing)
        if look.hair_style == 'bun':
            knot = head + back * build[2] * 0.9 - body.head[:, 1] * build[1] * 0.7
            self._capsule(place, knot, knot, (0.03, 0.03), look.hair,
                          Part.HAIR)
            return
        if look.hair_style == 'tail':
            knot = head + back * build[2] * 1.0 - body.head[:, 1] * 0.02
            end = knot + 0.13 * down + 0.03 * back
            self._capsule(place, knot, end, (0.02, 0.012), look.hair,
                          Part.HAIR)
            return
        length = 0.16 if look.hair_style == 'long' else 0.085
        top = self._on_head(_SCALP_FULL, 1.1)
        low = head + length * down + 0.02 * back + (
            _RING @ np.stack([body.head[:, 0] * build[0] * 1.08,
                              back * build[2] * 0.7]))
        self._hull(place, self.view.project(np.concatenate([top, low])),
                   look.hair, Part.HAIR)

    def _hair_front(self, depth: float, facing: float) -> None:
        """The visible part of the scalp, or a hat."""
        look, style = self.look, self.look.hair_style
        if style != 'bald':
            self._cap(depth, _SCALP, 1.06, look.hair, Part.HAIR)
        if style in ('cap', 'beanie'):
            self._cap(depth, _CROWN, 1.13 if style == 'cap' else 1.16,
                      look.hat, Part.HAT)
        if style == 'cap' and facing > -0.75:
            corners = np.array([[-0.85, -0.38, -0.6], [0.85, -0.38, -0.6],
                                [0.75, -0.34, -1.55], [0.0, -0.30, -1.8],
                                [-0.75, -0.34, -1.55]])
            self._hull(depth, self.view.project(self._on_head(corners)),
                       look.hat * 0.8, Part.HAT, shade=False)

    def _cap(self, depth: float, units: np.ndarray, grow: float,
             colour: Colour, part: int) -> None:
        seen = units[self._surface_depth(units) < 0.12]
        if len(seen) > 3:
            self._hull(depth, self.view.project(self._on_head(seen, grow)),
                       colour, part)

    # -- keypoints ----------------------------------------------------------

    def _landmarks(self) -> dict[str, Landmark]:
        body, view = self.body, self.view
        joints, build = body.joints, body.build
        head = frozenset((int(Part.HEAD), ))
        marks = {
            'nose': self._on_face(NOSE, 0.3),
            'neck': Landmark(view.project(joints['neck']),
                             frozenset((Part.NECK, Part.TRUNK, Part.HEAD))),
            'top_head': Landmark(
                view.project(self._on_head(np.array([0.0, -1.0, 0.0]))),
                head | {Part.HAIR, Part.HAT}),
        }
        for side, name in enumerate(('left', 'right')):
            marks[f'{name}_eye'] = self._on_face(EYES[side], -0.12)
            marks[f'{name}_ear'] = self._on_face(EARS[side], 0.2)

            def own(*parts: Part, side: int = side) -> frozenset[int]:
                return frozenset(int(part) + side for part in parts)

            trunk = frozenset((Part.TRUNK, Part.SKIRT))
            hosts = {
                'shoulder': own(Part.UPPER_ARM),
                'elbow': own(Part.UPPER_ARM, Part.FOREARM),
                'wrist': own(Part.FOREARM, Part.HAND),
                'hip': own(Part.THIGH),
                'knee': own(Part.THIGH, Part.SHANK) | {Part.SKIRT},
                'ankle': own(Part.SHANK, Part.FOOT),
            }
            # The trunk shows its joints on the near side only.
            if joints[f'{name}_shoulder'][2] - joints['neck'][2] < (
                    0.6 * build.shoulder):
                hosts['shoulder'] |= trunk
            if joints[f'{name}_hip'][2] < 0.6 * build.hip:
                hosts['hip'] |= trunk
            points = view.project(
                np.array([joints[f'{name}_{joint}'] for joint in hosts]))
            for joint, point in zip(hosts, points, strict=True):
                marks[f'{name}_{joint}'] = Landmark(point, hosts[joint])
        return marks

    def _on_face(self, unit: np.ndarray, limit: float) -> Landmark:
        seen = self._surface_depth(unit) < limit
        hosts = frozenset((int(Part.HEAD), )) if seen else frozenset()
        return Landmark(self.view.project(self._on_head(unit)), hosts)


EYES = (np.array([0.42, -0.06, -0.9]), np.array([-0.42, -0.06, -0.9]))
"""Left and right eye in the head's frame, in shares of its half axes."""
EARS = (np.array([1.03, 0.05, 0.1]), np.array([-1.03, 0.05, 0.1]))
NOSE = np.array([0.0, 0.24, -1.12])
MOUTH = np.array([0.0, 0.56, -0.84])


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    return (1 - share) * one + share * other


def capsule_outlines(start: np.ndarray, end: np.ndarray, start_radius: np.ndarray,
                     end_radius: np.ndarray) -> np.ndarray:
    """Outlines of tapered capsules: two circles and their outer tangents.

    Args:
        start (np.ndarray): First centres, (n, 2).
        end (np.ndarray): Second centres, (n, 2).
        start_radius (np.ndarray): First radii, (n,).
        end_radius (np.ndarray): Second radii, (n,).

    Returns:
        np.ndarray: Polygons, (n, 14, 2). Where one circle contains the other
        the outline is about the larger one's.
    """
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    heading = np.arctan2(along[:, 1], along[:, 0])
    # The tangent touches each circle this far beyond the perpendicular.
    tilt = np.arcsin(np.clip((start_radius - end_radius) /
                             np.maximum(length, 1e-6), -1, 1))
    front = heading[:, None] + _ARC * (1 - 2 * tilt[:, None] / np.pi)
    back = heading[:, None] + np.pi + _ARC * (1 + 2 * tilt[:, None] / np.pi)

    def arc(centre: np.ndarray, radius: np.ndarray,
            angle: np.ndarray) -> np.ndarray:
        circle = np.stack([np.cos(angle), np.sin(angle)], -1)
        return centre[:, None] + radius[:, None, None] * circle

    return np.concatenate([arc(end, end_radius, front),
                           arc(start, start_radius, back)], 1)

