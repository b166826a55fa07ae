"""The front door: images in, persons out."""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..errors import InputError
from .model_description import FILE_NAME, ModelDescription
from .model_zoo import PublishedModel, find_model
from .overlap import read_ahead
from .person import Person
from .pose_result import PoseResult, PoseResults
from .runtimes.base import Runtime
from .runtimes.exported import ExportedRuntime
from .runtimes.nets import BACKENDS
from .smoothing import PoseSmoother
from .sources import (
    Frame,
    Image,
    ImageSource,
    Source,
    VideoSource,
    is_collection,
    is_image,
    open_source,
    read_frame,
)
from .tracking import PoseTracker, follow

TORCH = 'torch'
MAX_THREADS = 1024


class PoseEstimator:
    """Finds the persons and their keypoints in images.

    ::

        estimator = PoseEstimator()                  # the published net
        people = estimator('photo.jpg')              # a PoseResult
        for person in people:
            print(person.score, person.keypoints)    # pixels of the image
        cv2.imwrite('drawn.jpg', people.draw())

    One image gives one :class:`PoseResult`, several give a list:

    - :meth:`predict`: one image, a file or an array.
    - :meth:`predict_batch`: a list of images.
    - :meth:`stream`: anything, one result at a time, as for a long video.
    - :meth:`track`: a video, with identities of the people that last.
    - a call: whichever of these fits what it is given.

    Args:
        model (str | Path | None): Name of a published model, its folder, or a
            folder that ``sasd export`` wrote. None, without ``config``, for
            the first published model.
        runtime (str | None): ``'ncnn'``, ``'onnxruntime'``, ``'openvino'`` or
            ``'torch'``. None for the first of them that is installed and can
            run the model; ``'torch'`` where ``config``, ``device`` or
            ``flip_test`` ask for it.
        config (str | Path | None): A config, in place of ``model``.
        checkpoint (str | Path | None): Its weights, pruned or not.
        device (str | None): Where torch computes, such as ``'cuda:0'``; None
            takes a GPU where there is one.
        threads (int | None): Threads of ncnn, ONNX Runtime or OpenVINO; None
            for one. Torch has its own setting.
        size (int | Sequence[int] | None): Side of the square network input, or
            width and height, in pixels; None for the model's own.
        score_thr (float | None): Persons at or below this score are left out,
            in [0, 1]; None for the model's own, 0.3 as a rule.
        flip_test (bool): Average over each image and its mirror image, in
            twice the time; for torch.

    Attributes:
        runtime (Runtime): What runs the net; its stages can be called by
            themselves.

    Raises:
        InputError: The arguments do not name one net, one of them is out of
            range, or the files or the runtime are missing or broken.
    """

    def __init__(self,
                 model: str | Path | None = None,
                 *,
                 runtime: str | None = None,
                 config: str | Path | None = None,
                 checkpoint: str | Path | None = None,
                 device: str | None = None,
                 threads: int | None = None,
                 size: int | Sequence[int] | None = None,
                 score_thr: float | None = None,
                 flip_test: bool = False) -> None:
        _check_number('threads', threads, 1, MAX_THREADS, whole=True)
        _check_number('score_thr', score_thr, 0, 1)
        _check_size(size)
        _check_one_net(model, config, checkpoint)
        runtime = _asked_runtime(
            runtime, config=config, device=device, flip_test=flip_test)
        published, folder = (
            _locate(model) if config is None else (None, Path()))
        if runtime != TORCH:
            self.runtime: Runtime = _open_exported(
                published, folder, runtime, threads or 1, score_thr, size)
            return
        if threads is not None:
            raise InputError('threads: not with torch; it has a setting of its '
                             'own, torch.set_num_threads')
        if published is not None:
            config, checkpoint = published.config, published.checkpoint
        elif config is None:
            raise InputError(f'{folder}: exported, so torch cannot run it; give '
                             'config and checkpoint')
        self.runtime = _open_torch(
            config=config, checkpoint=checkpoint, device=device, size=size,
            flip_test=flip_test,
            score_thr=0.3 if score_thr is None else score_thr)

    @property
    def keypoint_names(self) -> tuple[str, ...]:
        """Names of the K keypoints, in order."""
        return self.runtime.keypoint_names

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the network input in pixels."""
        return self.runtime.size

    @overload
    def __call__(self, source: np.ndarray) -> PoseResult: ...

    @overload
    def __call__(self, source: Sequence[Image]) -> PoseResults: ...

    @overload
    def __call__(self, source: str | Path) -> Any: ...

    def __call__(self, source: Any) -> PoseResult | PoseResults:
        """Find the persons in whatever is given.

        Args:
            source (Source): An image (array or file), a list of images, a
                folder or a video.

        Returns:
            PoseResult | PoseResults: One result for one image, else a list
            in order. Of a folder or a video, the pixels are not kept, and
            an image that cannot be read is a result whose ``problem`` says
            why.

        Raises:
            InputError: There is no such thing; an image, alone or in a list,
                cannot be read; or a camera, which never ends: take
                :meth:`stream`.
        """
        if source is None or is_image(source):
            return self.predict(source)
        if is_collection(source):
            return self.predict_batch(list(source))
        frames = open_source(source)
        if frames.endless:
            raise InputError('a camera never ends; take estimator.stream(camera)')
        return PoseResults(result.without_pixels()
                           for result in self.stream_frames(_ahead(frames)))

    def predict(self, image: Image) -> PoseResult:
        """Find the persons of one image.

        Args:
            image (Image): A file, or an array as OpenCV gives it: grey, BGR or
                BGRA, of 8 or 16 bits or of floats in [0, 1].

        Raises:
            InputError: It cannot be read, or is no image.
        """
        result, = self._find([read_frame(image)])
        return result

    def predict_batch(self, images: Sequence[Image]) -> PoseResults:
        """Find the persons of several images; torch takes them as one batch.

        Args:
            images (Sequence[Image]): See :meth:`predict`.

        Raises:
            InputError: One of them cannot be read, or is no image.
        """
        frames = [read_frame(image)._replace(image_id=number)
                  for number, image in enumerate(images, start=1)]
        return PoseResults(
            result if result.frame.path is None else result.without_pixels()
            for result in self._find(frames))

    def stream(self, source: Source, batch_size: int = 1) -> Iterator[PoseResult]:
        """Find the persons of one image after another.

        Args:
            source (Source): An image, an iterable of images, a folder, a video
                file, an address such as ``'rtsp://...'``, or a camera: its
                number. Videos are read ahead in another thread; of a camera
                or stream, frames that come faster than they are taken are
                left out.
            batch_size (int): Images that torch takes at once.

        Yields:
            PoseResult: Of each image in turn. Where one cannot be read, its
            ``problem`` says why, and the stream goes on.

        Raises:
            InputError: There is no such thing.
        """
        _check_number('batch_size', batch_size, 1, math.inf, whole=True)
        return self.stream_frames(_ahead(open_source(source)), batch_size)

    def track(self, source: Source, *, tracker: PoseTracker | None = None,
              smoother: PoseSmoother | None = None) -> Iterator[PoseResult]:
        """Find the persons of a video, and who they are from frame to frame.

        ::

            for people in estimator.track('video.mp4', smoother=PoseSmoother()):
                for person in people:
                    print(people.frame.seconds, person.identity, person.box)

        Args:
            source (Source): See :meth:`stream`; images of a folder or a list
                count as frames in their order.
            tracker (PoseTracker | None): With settings of one's own, or with
                what it knows of earlier frames; None for a new one.
            smoother (PoseSmoother | None): Steadies boxes and keypoints; None
                leaves them as the net finds them.

        Yields:
            PoseResult: Of each frame in turn, with the ``identity`` of its
            persons.

        Raises:
            InputError: There is no such thing.
        """
        return follow(self.stream(source), tracker or PoseTracker(), smoother)

    def stream_frames(self, frames: Iterable[Frame],
                      batch_size: int = 1) -> Iterator[PoseResult]:
        """Find the persons of frames of an opened source; see :meth:`stream`."""
        remaining = iter(frames)
        while batch := list(islice(remaining, batch_size)):
            yield from self._find(batch, go_on=True)

    def _find(self, frames: Sequence[Frame],
              go_on: bool = False) -> list[PoseResult]:
        """Find the persons of frames; those that could not be read have none.

        Args:
            frames (Sequence[Frame]): The frames.
            go_on (bool): Whether what is no image is a problem of its result
                rather than an error.
        """
        whole = [f for f in frames if f.problem is None]
        try:
            # What is no image, None too, the runtime refuses.
            images: list[Any] = [f.image for f in whole]
            found = iter(self.runtime.find_persons(images))
        except InputError as error:
            if not go_on:
                raise
            if len(whole) > 1:
                return [self._find([frame], go_on)[0] for frame in frames]
            return [self._result(f._replace(
                image=None, problem=f.problem or str(error)), []) for f in frames]
        return [self._result(f, next(found) if f.problem is None else [])
                for f in frames]

    def _result(self, frame: Frame, persons: list[Person]) -> PoseResult:
        height, width = (0, 0) if frame.image is None else frame.image.shape[:2]
        return PoseResult(persons, frame, (width, height), self.keypoint_names,
                          self.runtime.drawing)


def _ahead(frames: ImageSource | VideoSource) -> Iterable[Frame]:
    """Read videos ahead; what a user iterates over stays in the user's thread."""
    if isinstance(frames, VideoSource):
        return read_ahead(frames, live=frames.endless)
    return frames


def _check_one_net(model: object, config: object, checkpoint: object) -> None:
    """Raise InputError unless the arguments name one net at most."""
    if (config is None) != (checkpoint is None):
        raise InputError('config and checkpoint: give both, or a model')
    if config is not None and model is not None:
        raise InputError('give a model, or config and checkpoint, not both')


def _asked_runtime(runtime: str | None, **for_torch: object) -> str | None:
    """Return the runtime that the arguments ask for, None where any serves.

    Args:
        runtime (str | None): The one that was named.
        **for_torch (object): Arguments that only torch takes.

    Raises:
        InputError: There is none of this name, or it takes no such argument.
    """
    if runtime is not None and runtime not in (*BACKENDS, TORCH):
        raise InputError(f'runtime {runtime!r}: not known; take one of '
                         f'{", ".join((*BACKENDS, TORCH))}')
    given = [name for name, value in for_torch.items() if value]
    if given and runtime not in (None, TORCH):
        raise InputError(f'{given[0]}: not with the runtime {runtime}; it is for '
                         'torch')
    return TORCH if given else runtime


def _locate(model: str | Path | None) -> tuple[PublishedModel | None, Path]:
    """Find a published model, or the folder of an exported one."""
    if not isinstance(model, (str, Path, type(None))):
        raise InputError(f'model={model!r}: must be the name of a published '
                         'model or a folder')
    if model is not None and (Path(model) / FILE_NAME).is_file():
        return None, Path(model)
    published = find_model(model)
    if published is None:
        # Says what is missing there.
        ModelDescription.read(model or '')
    return published, Path(model or '')


def _open_exported(published: PublishedModel | None, folder: Path,
                   runtime: str | None, threads: int, score_thr: float | None,
                   size: int | Sequence[int] | None) -> ExportedRuntime:
    """Load exported files by a runtime, or by the first that is installed."""
    folders = [folder] if published is None else published.runtime_folders()
    made_for = {ModelDescription.read(f).backend: f for f in folders}
    names = [name for name, net in BACKENDS.items() if net.made_for in made_for]
    if runtime is None:
        runtime = next((name for name in names if find_spec(name)), None)
    if runtime is None:
        raise InputError(
            f'no runtime is installed: pip install {" or ".join(names)}')
    chosen = made_for.get(BACKENDS[runtime].made_for, folders[0])
    return ExportedRuntime.from_dir(chosen, runtime, threads, score_thr, size)


def _open_torch(**arguments: Any) -> Runtime:
    """Load a net on torch, which is imported only here."""
    try:
        from .runtimes.pytorch import TorchRuntime
    except ImportError as error:
        raise InputError(
            f'the runtime torch needs torch and MMPose ({error}); '
            "pip install 'sasd_mmpose[mim]'") from error
    return TorchRuntime(**arguments)


def _check_number(name: str, value: Any, low: float, high: float,
                  whole: bool = False) -> None:
    """Raise InputError unless a number is None or in [low, high]."""
    if value is None:
        return
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not (
            low <= value <= high):
        what = 'a whole number' if whole else 'a number'
        limits = f'from {low:g}' + (f' to {high:g}' if high < math.inf else ' up')
        raise InputError(f'{name}={value!r}: must be {what} {limits}')


def _check_size(size: Any) -> None:
    """Raise InputError unless a size is None, a whole number or two of them."""
    sides = size if isinstance(size, (tuple, list)) else [size]
    if isinstance(size, (tuple, list)) and (len(size) != 2 or None in size):
        raise InputError(f'size={size!r}: give one side, or width and height')
    for side in sides:
        _check_number('size', side, 1, 2**15, whole=True)
