"""The command that converts the labels of other tools."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from mmengine.config import Config
from tool_loader import sasd

from sasd_mmpose import InputError

NAMES = ['nose', 'left_paw', 'right_paw']


def write_images(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        cv2.imwrite(str(folder / name), np.full((60, 80, 3), 90, np.uint8))


def write_yolo(folder: Path) -> Path:
    for split in 'train', 'val':
        write_images(folder / 'images' / split, 'a.jpg')
        labels = folder / 'labels' / split / 'a.txt'
        labels.parent.mkdir(parents=True)
        labels.write_text('0 .5 .5 .4 .8 .5 .2 2 .4 .8 2 .6 .8 2\n')
    (folder / 'data.yaml').write_text(yaml.safe_dump(dict(
        path='.', train='images/train', val='images/val', names=['cat'],
        kpt_shape=[3, 3], flip_idx=[0, 2, 1], kpt_names={0: NAMES})))
    return folder / 'data.yaml'


def write_export(file: Path, images: Path) -> Path:
    write_images(images, 'a.jpg')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dict(
        images=[dict(id=4, file_name='a.jpg', width=80, height=60)],
        annotations=[dict(id=1, image_id=4, category_id=2, bbox=[20, 10, 40, 40],
                          keypoints=[40, 12, 2, 30, 45, 2, 50, 45, 2])],
        categories=[dict(id=2, name='cat', keypoints=NAMES, skeleton=[[1, 2]])])))
    return file


def metainfo(folder: Path) -> dict:
    return Config.fromfile(folder / 'metainfo.py').dataset_info.to_dict()


def check(out: Path, part: str, images: Path) -> int:
    return sasd('check', out / f'{part}.json', '--images', images, '--metainfo',
                out / 'metainfo.py', '--sheet', out / 'sheet.html')


def test_yolo_pose(tmp_path, capsys):
    out = tmp_path / 'cats'
    source = write_yolo(tmp_path / 'in')
    sasd('convert', source, '--out', out, '--bones', 'nose:left_paw,nose:right_paw')
    assert f'{out / "val"}.json: 1 images, 1 labelled' in capsys.readouterr().out
    info = metainfo(out)
    assert info['dataset_name'] == 'cats'
    assert [b['link'] for b in info['skeleton_info'].values()] == [
        ('nose', 'left_paw'), ('nose', 'right_paw')]
    assert check(out, 'train', tmp_path / 'in') == 0


@pytest.mark.parametrize('tool, file, images', [
    ('cvat', 'annotations/person_keypoints_default.json', 'images/default'),
    ('label-studio', 'result.json', 'images'),
    ('roboflow', 'train/_annotations.coco.json', 'train')])
def test_exports_as_they_come(tmp_path, tool, file, images):
    folder = tmp_path / tool
    write_export(folder / file, folder / images)
    out = tmp_path / 'out'
    sasd('convert', folder, '--out', out)
    part, = (path.stem for path in out.glob('*.json'))
    assert part == dict(cvat='default', roboflow='train').get(tool, 'result')
    assert [b['link'] for b in metainfo(out)['skeleton_info'].values()] == [
        ('nose', 'left_paw')]
    assert check(out, part, folder / images) == 0


def test_an_edited_metainfo_is_not_overwritten(tmp_path):
    source = write_yolo(tmp_path)
    sasd('convert', source, '--out', tmp_path / 'out')
    (tmp_path / 'out' / 'metainfo.py').write_text('edited')
    with pytest.raises(InputError, match='metainfo.py: exists, and may have been'):
        sasd('convert', source, '--out', tmp_path / 'out')
    assert (tmp_path / 'out' / 'metainfo.py').read_text() == 'edited'


def test_labels_of_another_kind(tmp_path):
    (tmp_path / 'labels.xml').write_text('<annotations/>')
    (tmp_path / 'detection.yaml').write_text('names: [cat]\ntrain: images\n')
    (tmp_path / 'studio.json').write_text('[{"data": {}}]')
    (tmp_path / 'empty').mkdir()
    for name, message in (('labels.xml', 'export it again as "COCO keypoints"'),
                          ('detection.yaml', 'kpt_shape is None'),
                          ('studio.json', 'not a COCO file'),
                          ('empty', 'no export in it'),
                          ('none.json', 'cannot be read')):
        with pytest.raises(InputError, match=message) as error:
            sasd('convert', tmp_path / name, '--out', tmp_path / 'out')
        assert name in str(error.value)
    with pytest.raises(InputError, match="--bones: 'nose' is not two"):
        sasd('convert', write_yolo(tmp_path / 'in'), '--out', tmp_path / 'out',
             '--bones', 'nose')


def test_parts_of_cvat_with_the_same_names_of_frames(tmp_path):
    for part in 'Train', 'Validation':
        write_export(tmp_path / 'in' / 'annotations' / f'person_keypoints_{part}.json',
                     tmp_path / 'in' / 'images' / part)
    out = tmp_path / 'cats'
    sasd('convert', tmp_path / 'in', '--out', out)
    assert check(out, 'train', tmp_path / 'in' / 'images' / 'Train') == 0
    assert check(out, 'val', tmp_path / 'in' / 'images' / 'Validation') == 0
