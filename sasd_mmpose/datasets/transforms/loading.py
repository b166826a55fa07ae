"""Reading pictures, whatever they hold, and going on without broken ones."""
from __future__ import annotations

import numpy as np
from mmengine import fileio
from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

from ...errors import InputError
from ...pictures.reading import (
    UnreadablePicture,
    decode_picture,
    to_bgr_uint8,
    why_unreadable,
)
from .image_size import check_image_size

# So many pictures that cannot be read one after the other are no accident.
MAX_FAILURES_IN_A_ROW = 100


def read_picture(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Read a picture from wherever MMEngine can read files.

    Args:
        path (str): The file. Its EXIF orientation is applied.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadablePicture: It is missing or cannot be decoded; the message is
            one line that names it.
    """
    try:
        content = fileio.get(path, backend_args=backend_args)
    except OSError as error:
        raise UnreadablePicture(f'{path}: {why_unreadable(error)}') from error
    return decode_picture(content, path)


@TRANSFORMS.register_module()
class LoadPoseImage(LoadImage):
    """Load a picture as BGR uint8 ``(H, W, 3)``, or say which one is broken.

    Grey, alpha and 16-bit pictures are converted; the orientation in the EXIF
    data is applied, as in MMPose.

    Required Keys:

        - img_path, or img
        - ann_img_shape (optional): see :func:`check_image_size`

    Modified Keys:

        - img
        - img_path: None where only img was given
        - img_shape: (height, width)
        - ori_shape: (height, width)
        - skipped_images (optional): one line for each picture that could not
          be read since the last one that could. Packed into the meta
          information, they reach :class:`SkippedImagesHook` from any loader
          process.

    Args:
        on_error (str): What to do with a picture that is missing, cannot be
            decoded or has another size than its annotations: ``'raise'`` an
            :class:`InputError` that names it, for testing; or ``'skip'``, for
            training: the transform returns None and the data set fetches
            another picture. Defaults to ``'raise'``.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Raises:
        InputError: As said above; also where 100 pictures in a row could not
            be read, which means that the folder is wrong.
    """

    def __init__(self,
                 on_error: str = 'raise',
                 backend_args: dict | None = None) -> None:
        if on_error not in ('raise', 'skip'):
            raise ValueError(
                f"on_error must be 'raise' or 'skip', not {on_error!r}")
        super().__init__(backend_args=backend_args)
        self.on_error = on_error
        self._skipped: list[str] = []
        self._failures_in_a_row = 0

    def transform(self, results: dict) -> dict | None:
        """Load the picture of one sample.

        Args:
            results (dict): See the class.

        Returns:
            dict | None: ``results``, or None for a picture that is skipped.
        """
        results.setdefault('img_path', None)
        try:
            img = self._load(results)
            check_image_size(results, img.shape[1::-1])
        except UnreadablePicture as error:
            return self._give_up(error)
        self._failures_in_a_row = 0
        results['img'] = img
        results['img_shape'] = results['ori_shape'] = img.shape[:2]
        if self._skipped:
            results['skipped_images'] = tuple(self._skipped)
            self._skipped.clear()
        return results

    def _load(self, results: dict) -> np.ndarray:
        if results.get('img') is None:
            return read_picture(results['img_path'], self.backend_args)
        try:
            return to_bgr_uint8(results['img'])
        except ValueError as error:
            raise UnreadablePicture(
                f'{results["img_path"] or "a picture"}: {error}') from error

    def _give_up(self, error: UnreadablePicture) -> None:
        """Raise the line, or keep it for the report and return None."""
        if self.on_error == 'raise':
            raise InputError(
                f'{error}; replace the picture or take it out of the '
                'annotations') from error
        self._skipped.append(str(error))
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
            raise InputError(
                f'{error}; nor could the {MAX_FAILURES_IN_A_ROW - 1} pictures '
                'before it be read: check data_root and data_prefix'
            ) from error

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(on_error={self.on_error!r}, '
                f'backend_args={self.backend_args})')
