"""Image in, people out, around a net that runs in any backend; no torch."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from sasd_mmpose.inference.letterbox import Letterbox, Placement
from sasd_mmpose.inference.model_description import InputSpec
from sasd_mmpose.inference.person import Person

from .grouping import Grouper


class AERuntime:
    """What surrounds the net: its input from an image, people from its maps.

    ::

        blob, place = runtime.preprocess(image)
        maps = net(blob)
        people = runtime.decode(maps, place)

    Args:
        short_side (int): Nominal size of the net: the short side of its input
            in pixels, a multiple of ``size_factor``.
        mean (Sequence[float]): Of red, green and blue.
        std (Sequence[float]): Of the same.
        grouper (Grouper): Finds the people.
        size_factor (int): The long side is padded to a multiple of it.
    """

    def __init__(self, short_side: int, mean: Sequence[float],
                 std: Sequence[float], grouper: Grouper,
                 size_factor: int = 64) -> None:
        self.short_side = short_side
        self.size_factor = size_factor
        self.grouper = grouper
        self.spec = InputSpec(
            name='in0', width=short_side, height=short_side, dynamic=True,
            divisor=size_factor, color='rgb', mean=mean, std=std, pad_value=0)
        self.letterboxes: dict[tuple[int, int], Letterbox] = {}

    @classmethod
    def from_config(cls, cfg: Mapping, full_size: bool = True) -> AERuntime:
        """Make the runtime of a config of LitePose or HigherHRNet.

        Args:
            cfg (Mapping): The config.
            full_size (bool): See :class:`Grouper`.
        """
        decoder = cfg['model']['head']['decoder']
        preprocessor = cfg['model']['data_preprocessor']
        resize = next(
            t for t in cfg['test_dataloader']['dataset']['pipeline']
            if t['type'] == 'BottomupResize')
        grouper = Grouper(
            keypoint_order=decoder['decode_keypoint_order'],
            keypoint_thr=decoder['decode_keypoint_thr'],
            tag_thr=decoder['decode_tag_thr'],
            topk=decoder['decode_topk'],
            max_people=decoder['decode_max_instances'],
            full_size=full_size)
        return cls(min(resize['input_size']), preprocessor['mean'],
                   preprocessor['std'], grouper, resize['size_factor'])

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the input's width and height for an image of this size."""
        factor = self.short_side / min(width, height)
        return tuple(
            # Of the short side, the product may be a rounding error too large.
            ceil(round(side * factor / self.size_factor, 6)) * self.size_factor
            for side in (width, height))

    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Make the net's input of an image.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.

        Returns:
            tuple[np.ndarray, Placement]: Blob of shape (1, 3, h, w), float32,
            and where the image lies in it.
        """
        size = self.input_size(image.shape[1], image.shape[0])
        if size not in self.letterboxes:
            self.letterboxes[size] = Letterbox(self.spec, size)
        return self.letterboxes[size](image)

    def decode(self, maps: Sequence[np.ndarray],
               place: Placement) -> list[Person]:
        """Find the people in raw maps.

        Args:
            maps (Sequence[np.ndarray]): Of the net, float32: ``(2 K, h / 4,
                w / 4)`` and ``(K, h / 2, w / 2)``.
            place (Placement): Where the image lies in the input.

        Returns:
            list[Person]: In pixels of the image, most certain first.
        """
        points, keypoint_scores, scores = self.grouper(maps, place.size)
        points = place.to_image(points)
        boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
        return [
            Person(box, float(score), keypoints, of_keypoints)
            for box, score, keypoints, of_keypoints in zip(
                boxes, scores, points, keypoint_scores)
        ]
