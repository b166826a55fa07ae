"""Bodies and poses: a small kinematic skeleton with human proportions.

Axes follow the image: x to the right, y down, z away from the camera. A body
in its rest pose stands upright and faces the camera, so that the person's left
is +x. Lengths are in statures (1 = standing height), angles in degrees.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

LEFT, RIGHT = 0, 1
SIGN = (1.0, -1.0)
"""Direction of the body's x axis in which the left and right half lie."""


@dataclass(frozen=True)
class Build:
    """Lengths of one person's body, in statures.

    Attributes:
        head (np.ndarray): Half axes (width, height, depth) of the head, (3,).
        neck (float): From the middle of the shoulders to the head's centre.
        trunk (float): From the middle of the hips to that of the shoulders.
        shoulder (float): Half the distance between the shoulder joints.
        hip (float): Half the distance between the hip joints.
        upper_arm (float): Shoulder to elbow.
        forearm (float): Elbow to wrist.
        hand (float): Wrist to knuckles.
        thigh (float): Hip to knee.
        shank (float): Knee to ankle.
        foot (float): Ankle to the ball of the foot.
        girth (float): Factor on the thickness of trunk and limbs.
        curvy (float): 0 for straight hips and wide shoulders, 1 for wide hips
            and a narrow waist.
    """
    head: np.ndarray
    neck: float
    trunk: float
    shoulder: float
    hip: float
    upper_arm: float
    forearm: float
    hand: float
    thigh: float
    shank: float
    foot: float
    girth: float
    curvy: float


def sample_build(rng: np.random.Generator) -> Build:
    """Sample the proportions of an adult, or at times of a child.

    The means are the classic segment lengths of Drillis and Contini as
    fractions of stature; children have larger heads and shorter legs.
    """
    child = rng.random() < 0.15
    vary = rng.normal(1.0, 0.04, 9).clip(0.9, 1.1)
    head = (1.3 if child else 1.04) * vary[0]
    legs = (0.92 if child else 1.0) * vary[1]
    curvy = float(rng.random())
    return Build(
        head=head * np.array([0.048, 0.066, 0.057]),
        neck=0.110 * vary[2] + 0.066 * (head - 1.0),
        trunk=0.278 * vary[2],
        shoulder=(0.112 - 0.014 * curvy) * vary[3],
        hip=(0.052 + 0.008 * curvy) * vary[4],
        upper_arm=0.178 * vary[5],
        forearm=0.146 * vary[6],
        hand=0.052 * vary[6],
        thigh=0.245 * legs,
        shank=0.240 * legs * vary[7],
        foot=0.095 * vary[8],
        girth=float(np.clip(rng.normal(1.0, 0.12), 0.8, 1.4)),
        curvy=0.3 if child else curvy)


# An arm is (flexion, abduction, swing about the vertical, twist, elbow): the
# means and the spreads of each, before the limits below. Positive twist turns
# a bent forearm inwards.
_ARMS = {
    'hang': ((4, 9, 0, 15, 14), (10, 5, 0, 15, 10)),
    'forth': ((28, 6, 0, 5, 25), (8, 4, 0, 10, 12)),
    'back': ((-26, 8, 0, 5, 15), (7, 4, 0, 10, 10)),
    'pump_forth': ((35, 8, 0, 20, 95), (12, 5, 5, 10, 12)),
    'pump_back': ((-45, 10, 0, 5, 85), (8, 5, 5, 10, 12)),
    'akimbo': ((-18, 42, 0, 72, 92), (6, 7, 0, 6, 8)),
    'crossed': ((32, 6, 0, 74, 98), (6, 5, 0, 6, 8)),
    'phone': ((42, 14, 5, 18, 138), (10, 8, 8, 10, 5)),
    'hold': ((18, 8, 0, 25, 85), (12, 6, 0, 15, 18)),
    'forward': ((84, 6, -5, 5, 12), (14, 6, 15, 15, 12)),
    'spread': ((0, 86, 0, 0, 12), (8, 18, 10, 20, 12)),
    'up': ((165, 10, 0, 0, 18), (12, 14, 8, 20, 15)),
    'up_aside': ((10, 140, 0, 0, 18), (10, 18, 10, 25, 16)),
    'wave': ((8, 82, 10, -78, 85), (8, 16, 8, 12, 20)),
    'lap': ((34, 8, 0, 20, 50), (8, 5, 0, 12, 12)),
    'free': ((55, 45, 0, 10, 55), (55, 40, 20, 35, 40)),
}
_ARM_LIMITS = np.array([[-55, -8, -45, -90, 0], [178, 172, 60, 85, 148]], float)

# A leg is (flexion, abduction, turn outwards, knee, ankle).
_LEGS = {
    'straight': ((1, 4, 8, 3, 0), (4, 3, 6, 3, 3)),
    'wide': ((2, 17, 12, 4, 0), (5, 6, 6, 5, 4)),
    'relaxed': ((14, 6, 14, 24, 4), (5, 3, 6, 8, 5)),
    'step_forth': ((26, 3, 4, 10, -5), (7, 2, 4, 6, 5)),
    'step_back': ((-18, 3, 4, 22, 22), (5, 2, 4, 10, 8)),
    'run_forth': ((72, 3, 3, 88, 5), (12, 4, 3, 16, 8)),
    'run_back': ((-22, 3, 4, 42, 30), (8, 3, 4, 25, 10)),
    'sit': ((86, 8, 5, 86, 0), (7, 7, 8, 14, 8)),
    'sit_long': ((82, 9, 6, 22, 15), (8, 6, 8, 16, 10)),
    'squat': ((112, 16, 16, 134, -22), (8, 8, 8, 7, 6)),
    'kneel': ((4, 7, 4, 96, 45), (8, 4, 6, 10, 10)),
    'kneel_step': ((88, 8, 5, 90, 0), (7, 5, 6, 9, 5)),
    'lunge': ((78, 8, 8, 78, 0), (10, 5, 6, 12, 6)),
    'kick': ((85, 10, 5, 22, 25), (20, 12, 6, 18, 10)),
    'tuck': ((62, 14, 12, 82, 30), (24, 10, 10, 30, 10)),
    'free': ((32, 20, 10, 45, 12), (36, 16, 12, 36, 16)),
}
_LEG_LIMITS = np.array([[-30, -12, -15, 0, -30], [132, 62, 50, 146, 55]], float)


@dataclass(frozen=True)
class PoseKind:
    """A family of poses.

    Attributes:
        weight (float): How often it is drawn.
        arms (tuple): Pairs of arm names; the halves may swap.
        legs (tuple): Pairs of leg names; the halves may swap.
        lean (tuple): Mean and spread of the trunk's lean forward.
        seat (str): What carries the pelvis: ``''``, ``'seat'`` or ``'floor'``.
        lying (bool): Whether the body's axis lies along the ground.
    """
    weight: float
    arms: tuple[tuple[str, str], ...]
    legs: tuple[tuple[str, str], ...]
    lean: tuple[float, float] = (2.0, 4.0)
    seat: str = ''
    lying: bool = False


_CALM_ARMS = (('hang', 'hang'), ('hang', 'hang'), ('hang', 'akimbo'),
              ('akimbo', 'akimbo'), ('crossed', 'crossed'), ('hang', 'phone'),
              ('hold', 'hold'), ('hang', 'hold'), ('hang', 'wave'),
              ('forward', 'hang'))
_SEAT_ARMS = (('lap', 'lap'), ('lap', 'lap'), ('hold', 'hold'),
              ('lap', 'phone'), ('crossed', 'crossed'), ('lap', 'wave'),
              ('forward', 'forward'), ('up', 'lap'))

POSES = {
    'stand':
    PoseKind(3.0, _CALM_ARMS, (('straight', 'straight'),
                               ('straight', 'relaxed'), ('wide', 'wide'))),
    'walk':
    PoseKind(2.0, (('back', 'forth'), ('back', 'forth'), ('hold', 'forth')),
             (('step_forth', 'step_back'), )),
    'run':
    PoseKind(1.0, (('pump_back', 'pump_forth'), ),
             (('run_forth', 'run_back'), ), (14, 6)),
    'arms_up':
    PoseKind(1.6, (('up', 'up'), ('up_aside', 'up_aside'), ('up', 'hang'),
                   ('spread', 'spread'), ('up_aside', 'akimbo'),
                   ('spread', 'up'), ('wave', 'wave')),
             (('straight', 'straight'), ('wide', 'wide'),
              ('straight', 'relaxed'))),
    'sit':
    PoseKind(2.0, _SEAT_ARMS, (('sit', 'sit'), ('sit', 'sit_long')), (-2, 8),
             'seat'),
    'sit_floor':
    PoseKind(0.6, (('lap', 'lap'), ('forward', 'forward'), ('hold', 'lap')),
             (('sit_long', 'sit_long'), ('squat', 'sit_long')), (6, 10),
             'floor'),
    'crouch':
    PoseKind(1.2, (('forward', 'forward'), ('lap', 'forward'),
                   ('hold', 'hold')), (('squat', 'squat'), ), (28, 10)),
    'kneel':
    PoseKind(0.8, _SEAT_ARMS, (('kneel', 'kneel_step'), ('kneel', 'kneel')),
             (8, 10)),
    'bend':
    PoseKind(0.7, (('forward', 'forward'), ('hang', 'forward'),
                   ('hold', 'hold')), (('straight', 'wide'),
                                       ('relaxed', 'straight')), (58, 16)),
    'lunge':
    PoseKind(0.8, (('spread', 'forward'), ('akimbo', 'akimbo'),
                   ('up', 'spread'), ('pump_back', 'pump_forth')),
             (('lunge', 'step_back'), ), (10, 10)),
    'kick':
    PoseKind(0.7, (('spread', 'spread'), ('pump_back', 'forward')),
             (('kick', 'straight'), ('kick', 'relaxed')), (-8, 8)),
    'jump':
    PoseKind(0.8, (('up', 'up'), ('spread', 'up_aside'), ('free', 'free')),
             (('tuck', 'tuck'), ('tuck', 'run_back'), ('wide', 'wide')),
             (4, 10)),
    'dance':
    PoseKind(1.2, (('free', 'free'), ('free', 'up_aside'),
                   ('wave', 'spread')), (('free', 'straight'),
                                         ('free', 'free')), (4, 12)),
    'lie':
    PoseKind(1.0, (('hang', 'hang'), ('up', 'hang'), ('spread', 'hold'),
                   ('up', 'up')), (('straight', 'straight'),
                                   ('straight', 'tuck'), ('wide', 'relaxed')),
             (2, 6), lying=True),
}


@dataclass(frozen=True)
class Pose:
    """Joint angles of a body.

    Attributes:
        kind (PoseKind): The family it comes from.
        arms (np.ndarray): Angles of the left and right arm, (2, 5).
        legs (np.ndarray): Angles of the left and right leg, (2, 5).
        trunk (np.ndarray): Lean forward, to the side, and turn, (3,).
        head (np.ndarray): Nod forward, tilt, and turn, (3,).
        heading (float): Turn of the body about its own axis; 0 faces the
            camera, 180 shows the back.
        elevation (float): How far the camera looks down.
        roll (float): Turn of the body in the ground plane's view; about +-90
            for lying bodies, else 0.
    """
    kind: PoseKind
    arms: np.ndarray
    legs: np.ndarray
    trunk: np.ndarray
    head: np.ndarray
    heading: float
    elevation: float
    roll: float


def _sample_limbs(table: dict, names: tuple[str, str], limits: np.ndarray,
                  rng: np.random.Generator) -> np.ndarray:
    spec = np.array([table[name] for name in names], float)  # (2, 2, 5)
    angles = spec[:, 0] + spec[:, 1] * rng.normal(size=spec[:, 0].shape)
    return angles.clip(*limits)


def sample_pose(rng: np.random.Generator, elevation: float,
                names: Sequence[str] = tuple(POSES)) -> Pose:
    """Sample a pose within human limits.

    Args:
        rng (np.random.Generator): The source of randomness.
        elevation (float): How far the camera looks down, in degrees.
        names (Sequence[str]): Those of :data:`POSES` to choose from.
    """
    cumulative = np.cumsum([POSES[name].weight for name in names])
    pick = rng.random() * cumulative[-1]
    kind = POSES[names[int(np.searchsorted(cumulative, pick))]]
    arms = _sample_limbs(_ARMS, kind.arms[rng.integers(len(kind.arms))],
                         _ARM_LIMITS, rng)
    legs = _sample_limbs(_LEGS, kind.legs[rng.integers(len(kind.legs))],
                         _LEG_LIMITS, rng)
    if rng.random() < 0.5:  # swap both, so that arms go against legs
        arms, legs = arms[::-1], legs[::-1]
    trunk = rng.normal((*kind.lean[:1], 0.0, 0.0), (kind.lean[1], 4.0, 7.0))
    head = rng.normal((4.0, 0.0, 0.0), (10.0, 6.0, 24.0)).clip(-60, 60)
    # Most photographs of people show them from the front, more or less.
    frontal = rng.random() < 0.6
    heading = rng.normal(0.0, 40.0) if frontal else rng.uniform(0.0, 360.0)
    roll = 0.0
    if kind.lying:
        roll = float(rng.choice((-90.0, 90.0)) + rng.normal(0.0, 12.0))
        elevation = float(elevation + rng.uniform(5.0, 40.0))
    return Pose(kind, arms, legs, trunk, head, float(heading), elevation, roll)


def rotation(axis: str, degrees: float | np.ndarray) -> np.ndarray:
    """Rotation matrices about one axis.

    Args:
        axis (str): ``'x'``, ``'y'`` or ``'z'``.
        degrees (float | np.ndarray): Angles of any shape ``S``.

    Returns:
        np.ndarray: Matrices ``(*S, 3, 3)`` that act on column vectors.
    """
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    k = 'xyz'.index(axis)
    i, j = (k + 1) % 3, (k + 2) % 3
    matrix = np.zeros((*np.shape(angle), 3, 3))
    matrix[..., k, k] = 1.0
    matrix[..., i, i] = matrix[..., j, j] = cos
    matrix[..., i, j] = -sin
    matrix[..., j, i] = sin
    return matrix


@dataclass
class Skeleton:
    """Where a posed body is in space.

    Attributes:
        build (Build): Its proportions.
        pose (Pose): Its joint angles.
        joints (dict[str, np.ndarray]): Points ``(3,)`` in statures relative to
            the middle of the hips. Paired joints are named
            ``left_*`` and ``right_*`` as in COCO; with ``pelvis``, ``neck``
            (the middle of the shoulders), ``head`` (its centre),
            ``*_knuckles``, ``*_toes`` and ``*_heel``.
        pelvis (np.ndarray): Rotation of the pelvis, (3, 3).
        chest (np.ndarray): Rotation of the chest, (3, 3).
        head (np.ndarray): Rotation of the head, (3, 3).
    """
    build: Build
    pose: Pose
    joints: dict[str, np.ndarray] = field(default_factory=dict)
    pelvis: np.ndarray = field(default_factory=lambda: np.eye(3))
    chest: np.ndarray = field(default_factory=lambda: np.eye(3))
    head: np.ndarray = field(default_factory=lambda: np.eye(3))


_DOWN = np.array([0.0, 1.0, 0.0])
_SIGNS = np.array(SIGN)


def articulate(build: Build, pose: Pose) -> Skeleton:
    """Put a body into a pose (forward kinematics)."""
    body = Skeleton(build, pose)
    upright = rotation('x', pose.elevation)
    if pose.roll:
        upright = upright @ rotation('z', pose.roll)
    body.pelvis = upright @ rotation('y', pose.heading)
    # The pelvis of a bending or leaning person takes a share of the lean;
    # of a sitting one it stays with the seat.
    lean, side, turn = pose.trunk
    share = 0.0 if pose.kind.seat else 0.5
    spine = body.pelvis @ rotation('x', lean * share)
    body.chest = spine @ rotation('x', lean * (1 - share)) @ rotation(
        'z', side) @ rotation('y', turn)
    nod, tilt, look = pose.head
    body.head = body.chest @ rotation('y', look) @ rotation(
        'z', tilt) @ rotation('x', nod - lean * 0.5)

    joints = body.joints
    joints['pelvis'] = np.zeros(3)
    joints['neck'] = -(0.45 * spine + 0.55 * body.chest) @ _DOWN * build.trunk
    joints['head'] = joints['neck'] - (
        (0.5 * body.chest + 0.5 * body.head) @ _DOWN) * build.neck
    _articulate_arms(body)
    _articulate_legs(body)
    return body


def _articulate_arms(body: Skeleton) -> None:
    build, joints = body.build, body.joints
    flex, abduct, swing, twist, elbow = body.pose.arms.T
    upper = body.chest @ rotation('y', -_SIGNS * swing) @ rotation(
        'z', -_SIGNS * abduct) @ rotation('x', -flex) @ rotation(
            'y', _SIGNS * twist)
    fore = upper @ rotation('x', -elbow)
    # A raised arm lifts its shoulder.
    lift = 0.03 * np.clip(np.maximum(flex, abduct) / 90 - 0.6, 0, 1)
    for side, name in enumerate(('left', 'right')):
        offset = np.array([SIGN[side] * (build.shoulder - 0.5 * lift[side]),
                           -lift[side], 0.0])
        shoulder = joints['neck'] + body.chest @ offset
        elbow_at = shoulder + upper[side] @ _DOWN * build.upper_arm
        wrist = elbow_at + fore[side] @ _DOWN * build.forearm
        joints[f'{name}_shoulder'] = shoulder
        joints[f'{name}_elbow'] = elbow_at
        joints[f'{name}_wrist'] = wrist
        joints[f'{name}_knuckles'] = wrist + fore[side] @ _DOWN * build.hand
        joints[f'{name}_thumb'] = wrist + fore[side] @ np.array(
            [-0.1 * SIGN[side], 0.75, -0.55]) * build.hand


def _articulate_legs(body: Skeleton) -> None:
    build, joints = body.build, body.joints
    flex, abduct, turn, knee, ankle = body.pose.legs.T
    upper = body.pelvis @ rotation('z', -_SIGNS * abduct) @ rotation(
        'x', -flex) @ rotation('y', -_SIGNS * turn)
    lower = upper @ rotation('x', knee)
    foot = lower @ rotation('x', ankle)
    for side, name in enumerate(('left', 'right')):
        hip = body.pelvis @ np.array([SIGN[side] * build.hip, 0.0, 0.0])
        knee_at = hip + upper[side] @ _DOWN * build.thigh
        ankle_at = knee_at + lower[side] @ _DOWN * build.shank
        joints[f'{name}_hip'] = hip
        joints[f'{name}_knee'] = knee_at
        joints[f'{name}_ankle'] = ankle_at
        joints[f'{name}_toes'] = ankle_at + foot[side] @ np.array(
            [0.0, 0.026, -build.foot])
        joints[f'{name}_heel'] = ankle_at + foot[side] @ np.array(
            [0.0, 0.024, 0.016])
