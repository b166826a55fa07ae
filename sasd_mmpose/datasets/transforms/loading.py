"""Reading images, whatever they hold, and going on without broken ones."""
from __future__ import annotations

import numpy as np
from mmengine import fileio
from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

from ...errors import InputError
from ...images import UnreadableImage, decode_image, to_bgr_uint8, why_unreadable
from ...paths import what_is_odd
from .image_file import ArrayImage, OpenImage, open_image
from .image_size import check_image_size

# So many images that cannot be read one after the other are no accident.
MAX_FAILURES_IN_A_ROW = 100


def read_image(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Read an image from wherever MMEngine can read files.

    Args:
        path (str): The file. Its EXIF orientation is applied.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadableImage: It is missing or cannot be decoded; the message is
            one line that names it.
    """
    return decode_image(_read_file(path, backend_args), path)


def _read_file(path: str, backend_args: dict | None) -> bytes:
    """Return a file's content; raise :class:`UnreadableImage` without one."""
    odd = what_is_odd(path)
    if odd is not None:
        raise UnreadableImage(f'{path}: {odd}')
    try:
        return fileio.get(path, backend_args=backend_args)
    except OSError as error:
        raise UnreadableImage(f'{path}: {why_unreadable(error)}') from error


def _check_array(results: dict) -> np.ndarray:
    """Return a sample's ``img`` as ``(H, W, 3)``, BGR, uint8."""
    try:
        return to_bgr_uint8(results['img'])
    except ValueError as error:
        raise UnreadableImage(
            f'{results["img_path"] or "an image"}: {error}') from error


class ReadFailures:
    """What to do about images that cannot be read, and a list of them.

    Args:
        on_error (str): ``'raise'`` an :class:`InputError` for each, or
            ``'skip'`` it.
    """

    def __init__(self, on_error: str) -> None:
        if on_error not in ('raise', 'skip'):
            raise ValueError(f"on_error must be 'raise' or 'skip', not {on_error!r}")
        self.on_error = on_error
        self._skipped: list[str] = []
        self._in_a_row = 0

    def add(self, error: UnreadableImage) -> None:
        """Raise the error's line, or keep it for the report.

        Args:
            error (UnreadableImage): What happened.

        Raises:
            InputError: ``on_error`` says so, or 100 images in a row could not
                be read.
        """
        if self.on_error == 'raise':
            raise InputError(
                f'{error}; replace the image or take it out of the '
                'annotations') from error
        self._skipped.append(str(error))
        self._in_a_row += 1
        if self._in_a_row >= MAX_FAILURES_IN_A_ROW:
            raise InputError(
                f'{error}; nor could the {MAX_FAILURES_IN_A_ROW - 1} images '
                'before it be read: check data_root and data_prefix'
            ) from error

    def end_row(self) -> None:
        """An image could be read."""
        self._in_a_row = 0

    def report(self, results: dict) -> None:
        """Move the lines kept so far, if any, into ``skipped_images``.

        Args:
            results (dict): A sample; changed in place.
        """
        if self._skipped:
            results['skipped_images'] = (
                *results.get('skipped_images', ()), *self._skipped)
            self._skipped.clear()


class ImageReader:
    """Opens the images of samples for transforms that decode what they show.

    Args:
        on_error (str): See :class:`LoadPoseImage`.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Attributes:
        failures (ReadFailures): Those met so far.
    """

    def __init__(self, on_error: str, backend_args: dict | None) -> None:
        self.failures = ReadFailures(on_error)
        self.backend_args = backend_args

    def open(self, results: dict) -> OpenImage | None:
        """Open the image of a sample.

        Args:
            results (dict): The sample, with ``img`` or ``img_path``, and
                maybe ``ann_img_shape`` (:func:`check_image_size`); ``img_path``
                is None afterwards where it was missing.

        Returns:
            OpenImage | None: The image; None for one that is skipped.
        """
        results.setdefault('img_path', None)
        try:
            image = self._open(results)
            check_image_size(results, image.size)
        except UnreadableImage as error:
            return self.failures.add(error)
        return image

    def _open(self, results: dict) -> OpenImage:
        if results.get('img') is not None:
            return ArrayImage(_check_array(results))
        path = results['img_path']
        return open_image(_read_file(path, self.backend_args), path)


@TRANSFORMS.register_module()
class LoadPoseImage(LoadImage):
    """Load an image as BGR uint8 ``(H, W, 3)``, or say which one is broken.

    Grey, alpha and 16-bit images are converted; the orientation in the EXIF
    data is applied, as in MMPose.

    Required Keys:

        - img_path, or img
        - ann_img_shape (optional): see :func:`check_image_size`

    Modified Keys:

        - img
        - img_path: None where only img was given
        - img_shape: (height, width)
        - ori_shape: (height, width)
        - skipped_images (optional): one line for each image that could not
          be read since the last one that could. Packed into the meta
          information, they reach :class:`SkippedImagesHook` from any loader
          process.

    Args:
        on_error (str): What to do with an image that is missing, cannot be
            decoded or has another size than its annotations: ``'raise'`` an
            :class:`InputError` that names it, for testing; or ``'skip'``, for
            training: the transform returns None and the data set fetches
            another image. Defaults to ``'raise'``.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Raises:
        InputError: As said above; also where 100 images in a row could not
            be read, which means that the folder is wrong.
    """

    def __init__(self,
                 on_error: str = 'raise',
                 backend_args: dict | None = None) -> None:
        super().__init__(backend_args=backend_args)
        self.failures = ReadFailures(on_error)

    def transform(self, results: dict) -> dict | None:
        """Load the image of one sample.

        Args:
            results (dict): See the class.

        Returns:
            dict | None: ``results``, or None for an image that is skipped.
        """
        results.setdefault('img_path', None)
        try:
            img = self._load(results)
            check_image_size(results, img.shape[1::-1])
        except UnreadableImage as error:
            return self.failures.add(error)
        self.failures.end_row()
        self.failures.report(results)
        results['img'] = img
        results['img_shape'] = results['ori_shape'] = img.shape[:2]
        return results

    def _load(self, results: dict) -> np.ndarray:
        if results.get('img') is None:
            return read_image(results['img_path'], self.backend_args)
        return _check_array(results)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(on_error={self.failures.on_error!r}, '
                f'backend_args={self.backend_args})')
