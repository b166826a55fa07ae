"""Write golden.json: what the Python package makes of maps and images.

    python -m projects.web_demo.tests.make_golden

The page's modules are compared with it, without Python.
"""
from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from sasd_mmpose.inference.decoding import PoseDecoder, Poses
from sasd_mmpose.inference.letterbox import Letterbox
from sasd_mmpose.inference.model_description import (
    Bone,
    InputSpec,
    Keypoint,
    ModelDescription,
    OutputSpec,
    Thresholds,
)

GOLDEN = Path(__file__).parent / 'golden' / 'golden.json'
RGB = InputSpec('in0', 64, 64, False, 32, 'rgb', [0] * 3, [255] * 3, 114)
BGR = InputSpec('in0', 96, 64, False, 32, 'bgr', [103.5, 116.25, 123.75],
                [57.5, 57.0, 58.5], 114)
MODELS = {
    'seventeen keypoints': (RGB, 17, [[[38, 51], [30, 78], [44, 119]],
                                      [[68, 83], [79, 154], [144, 162]],
                                      [[100, 260], [167, 299], [287, 340]]]),
    'five keypoints, a wide input': (BGR, 5, [[[10, 13], [16, 30]],
                                              [[33, 23], [30, 61]],
                                              [[62, 45], [59, 119]]]),
}
THRESHOLDS = [
    Thresholds(), Thresholds(score=0.05, max_people=5),
    Thresholds(nms_iou=0.3, nms_pre=10), Thresholds(score=0.999),
]
IMAGE_SIZES = [(37, 53), (80, 30), (32, 32), (9, 5), (1, 40)]
POINTS = [(0, 0), (31.5, 10.25), (15, 32)]


def encode(array: np.ndarray) -> str:
    """Return the bytes of an array as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def make_description(spec: InputSpec, num_keypoints: int,
                     anchors: list) -> ModelDescription:
    """Describe a net of three levels with strides 8, 16 and 32."""
    return ModelDescription(
        'golden', 'onnxruntime', 'fp32', ['end2end.onnx'], spec,
        [OutputSpec(f'out{i}', 8 << i, level) for i, level in enumerate(anchors)],
        [Keypoint(f'point_{k}', [k, 255 - k, 0]) for k in range(num_keypoints)],
        [Bone([k, k + 1], [0, 0, k]) for k in range(num_keypoints - 1)])


def random_maps(description: ModelDescription,
                rng: np.random.Generator) -> list[np.ndarray]:
    """Raw maps, (A * (5 + 3 K), H, W), with many overlapping boxes."""
    maps = []
    for output in description.outputs:
        size = (description.input.width, description.input.height)
        shape = description.map_shape(output, size)
        level = rng.normal(size=shape).astype(np.float32)
        level.reshape(len(output.anchors), -1, *shape[1:])[:, 4] -= 2.5
        maps.append(level)
    return maps


def people_as_json(poses: Poses) -> list[dict[str, Any]]:
    """Poses, keypoints as a list of (x, y, score) one after the other."""
    def rounded(array: np.ndarray, digits: int) -> list[float]:
        return array.astype(float).round(digits).ravel().tolist()

    return [
        dict(box=rounded(box, 3), score=round(float(score), 6),
             keypoints=rounded(np.column_stack([points, point_scores]), 4))
        for box, score, points, point_scores in zip(*poses)
    ]


def decoding_cases() -> list[dict[str, Any]]:
    """Raw maps, and what the Python decoder finds in them."""
    cases = []
    for seed, (name, model) in enumerate(MODELS.items()):
        description = make_description(*model)
        maps = random_maps(description, np.random.default_rng(seed))
        cases.append(dict(
            name=name, description=asdict(description),
            maps=[dict(dims=[1, *level.shape], data=encode(level))
                  for level in maps],
            found=[dict(thresholds=asdict(thresholds), people=people_as_json(
                        PoseDecoder(description, thresholds)(maps)))
                   for thresholds in THRESHOLDS]))
    return cases


def letterbox_case(spec: InputSpec, width: int, height: int) -> dict[str, Any]:
    """An image of noise, and the input that Python makes of it."""
    rng = np.random.default_rng(1000 * width + height)
    image = rng.integers(0, 256, (height, width, 3), np.uint8)  # RGB
    letterbox = Letterbox(spec, (spec.width, spec.height))
    blob, place = letterbox(np.ascontiguousarray(image[..., ::-1]))
    grey = blob[0] * np.float32(spec.std)[:, None, None]
    grey = (grey + np.float32(spec.mean)[:, None, None]).round().astype(np.uint8)
    points = np.float64(POINTS) / place.size * place.scale
    points += place.center - place.scale / 2
    return dict(input=asdict(spec), width=width, height=height,
                image=encode(image), grey=encode(grey), points=POINTS,
                points_in_image=points.round(4).tolist())


def make_golden() -> dict[str, Any]:
    """Everything that the tests in JavaScript compare with."""
    return dict(
        decoding=decoding_cases(),
        letterbox=[letterbox_case(replace(spec, width=spec.width // 2, height=32),
                                  width, height)
                   for spec in (RGB, BGR) for width, height in IMAGE_SIZES])


if __name__ == '__main__':
    GOLDEN.write_text(json.dumps(make_golden(), separators=(',', ':')) + '\n')
    print(f'{GOLDEN}: {GOLDEN.stat().st_size} bytes')
