"""The net of this project with its published weights."""
from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from sasd_mmpose.deploy.export import export_model
from sasd_mmpose.deploy.quantization import calibration_images, quantize
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.inference.letterbox import Placement
from sasd_mmpose.inference.model_description import ModelDescription
from sasd_mmpose.inference.model_zoo import PublishedModel, project_root
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.runtimes.exported import ExportedRuntime
from sasd_mmpose.inference.runtimes.nets import open_net

from ..person_results import SCORE_THR
from ..runtimes import MADE_FOR
from ..timing import Times, Timing, now
from .case import Case, Ready, Setting
from .flip_test import FlipDecoder

NET = 'sasd_xs'
SIZES = (256, 320, 384, 448, 512)
# Runtime, precision, flip test. OpenVINO's "fp16" lets it compute in 16 bits
# where the processor can, as it does by itself. "int8" is what `sasd export` makes;
# in "int8-conv" only convolutions compute in 8 bits.
VARIANTS = (
    ('ncnn', 'fp32', False), ('ncnn', 'fp16', False),
    ('onnxruntime', 'fp32', False), ('onnxruntime', 'int8', False),
    ('onnxruntime', 'int8-conv', False),
    ('openvino', 'fp32', False), ('openvino', 'fp16', False),
    ('openvino', 'int8', False), ('openvino', 'int8-conv', False),
    ('ncnn', 'fp32', True), ('onnxruntime', 'fp32', True))
DEPLOY_CONFIG = """_base_ = '{base}'

onnx_config = dict(input_shape=({size}, {size}){more})
"""
# As int8 needs it.
NEWER = ', opset_version=13'
CALIBRATION_IMAGES = 128


def cases(sizes: Sequence[int] = SIZES) -> list[Case]:
    """List what takes part."""
    return [Case(NET, runtime, size, precision, flip)
            for size in sizes for runtime, precision, flip in VARIANTS]


class Deployed:
    """A net as it is deployed, with its own decoding.

    Args:
        runtime (ExportedRuntime): The net.
    """

    def __init__(self, runtime: ExportedRuntime) -> None:
        self.runtime = runtime

    def __call__(self, image: np.ndarray) -> list[Person]:
        """Find the people of an image (H, W, 3), BGR, uint8."""
        return self._find(image)[0]

    def run(self, image: np.ndarray, index: int) -> Timing:
        """See :class:`Timed`."""
        return self._find(image)[1]

    def _compute(self, blob: np.ndarray) -> list:
        return self.runtime.net(blob)

    def _decode(self, maps: list, place: Placement) -> list[Person]:
        return self.runtime.decode(maps, place)

    def _find(self, image: np.ndarray) -> tuple[list[Person], Timing]:
        moments = [now()]
        blob, place = self.runtime.preprocess(image)
        moments.append(now())
        maps = self._compute(blob)
        moments.append(now())
        people = self._decode(maps, place)
        moments.append(now())
        return people, Timing(*map(Times.between, zip(*moments)))


class FlipTest(Deployed):
    """A deployed net on an image and its mirror image.

    Args:
        runtime (ExportedRuntime): The net.
        decoder (FlipDecoder): Averages both.
    """

    def __init__(self, runtime: ExportedRuntime, decoder: FlipDecoder) -> None:
        super().__init__(runtime)
        self.decoder = decoder

    def _compute(self, blob: np.ndarray) -> list:
        # Copied: the next call may write over what the first returned.
        first = [m.copy() for m in self.runtime.net(blob)]
        mirrored = np.ascontiguousarray(blob[..., ::-1])
        return [first, self.runtime.net(mirrored)]

    def _decode(self, maps: list, place: Placement) -> list[Person]:
        poses = self.decoder(maps)
        boxes = place.to_image(poses.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        return [Person(*person) for person in zip(
            boxes, poses.scores.tolist(), place.to_image(poses.keypoints),
            poses.keypoint_scores)]


class Trained:
    """Makes the published net ready.

    Args:
        model (PublishedModel): Its config and weights.
        calibration (str | Path): What int8 is calibrated on; see
            :func:`export_model`.
        image (Path): An image that exports are compared on.
    """

    def __init__(self, model: PublishedModel, calibration: str | Path,
                 image: Path) -> None:
        self.model = model
        self.sha = model.description['sha256'][:8]
        self.calibration = calibration
        self.image = image
        metainfo = dict(load_config(model.config).model.head.metainfo)
        self.flip_indices = parse_pose_metainfo(metainfo)['flip_indices']

    def __call__(self, case: Case, setting: Setting) -> Ready:
        """Export a case, unless that was done before, and load it.

        Raises:
            InputError: It cannot be exported or loaded.
        """
        folder = self._exported(case, setting.cache)
        description = replace(
            ModelDescription.read(folder), precision=case.precision[:4])
        net = open_net(folder, description, case.runtime, setting.threads)

        def load(score_thr: float) -> Deployed:
            runtime = ExportedRuntime(
                description, net, score_thr, name=case.runtime)
            if not case.flip:
                return Deployed(runtime)
            thresholds = replace(description.thresholds, score=score_thr)
            return FlipTest(runtime, FlipDecoder(
                description, thresholds, case.size, self.flip_indices))

        return Ready(load(description.thresholds.score), load(SCORE_THR),
                     f'{self.model.name} ({self.sha})')

    def _exported(self, case: Case, folder: Path) -> Path:
        """Export as `sasd export` does; see also ``VARIANTS``."""
        made_for, precision = MADE_FOR[case.runtime], case.precision
        if case.runtime == 'openvino' and precision == 'fp16':
            precision = 'fp32'
        kind = made_for if precision == 'fp32' else f'{made_for}_{precision}'
        target = folder / f'{self.model.name}-{self.sha}-{kind}-{case.size}'
        if (target / 'deploy.json').is_file():
            return target
        folder.mkdir(parents=True, exist_ok=True)
        if precision == 'int8-conv':
            self._quantize_convolutions(case.size, target)
        else:
            self._export(_deploy_config(folder, kind, case.size), target)
        return target

    def _export(self, config: Path, target: Path) -> None:
        export_model(config, self.model.config, self.model.checkpoint, self.image,
                     target, calibration=self.calibration)

    def _quantize_convolutions(self, size: int, target: Path) -> None:
        """Export, and quantise convolutions alone."""
        plain = target.with_name(f'{target.name}-fp32')
        self._export(
            _deploy_config(target.parent, 'onnxruntime', size, NEWER), plain)
        partial = target.with_name(f'{target.name}-partial')
        shutil.copytree(plain, partial, dirs_exist_ok=True)
        description = ModelDescription.read(partial)
        quantize(
            partial / description.files[0], description.input,
            calibration_images(self.calibration, CALIBRATION_IMAGES), ['Conv'])
        partial.rename(target)


def _deploy_config(folder: Path, kind: str, size: int, more: str = '') -> Path:
    """Write the deploy config of a size."""
    base = project_root() / 'configs' / 'deploy' / f'pose_{kind}_static.py'
    path = folder / f'pose_{kind}_static-{size}.py'
    path.write_text(DEPLOY_CONFIG.format(base=base, size=size, more=more))
    return path
