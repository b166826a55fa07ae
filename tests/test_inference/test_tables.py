"""Results as COCO, csv, a data frame, and supervision's key points."""
from __future__ import annotations

import csv
import io
import sys
from types import SimpleNamespace

import numpy as np
import pandas
import pytest

from sasd_mmpose import InputError, Person, PoseResult, PoseResults
from sasd_mmpose.inference.sources import Frame

NAMES = ('nose', 'tail')


def person(x: float, identity: int | None = None) -> Person:
    return Person(np.array([x, 2, x + 10, 30]), 0.5, np.array([[x, 3], [x, 4]]),
                  np.array([0.25, 1]), identity)


@pytest.fixture
def results() -> PoseResults:
    return PoseResults([
        PoseResult([person(1, 7), person(2)], Frame(1, dict(frame=0), None),
                   (40, 40), NAMES, {}),
        PoseResult([], Frame(2, dict(frame=1), None), (40, 40), NAMES, {}),
        PoseResult([person(3.25, 7)], Frame(3, dict(frame=2), None), (40, 40),
                   NAMES, {})])


def test_a_table_has_a_row_per_person(results):
    table = list(csv.DictReader(io.StringIO(results.to_csv())))
    assert [row['frame'] for row in table] == ['0', '0', '2']
    assert [row['identity'] for row in table] == ['7', '', '7']
    assert table[2]['x1'] == '3.25' and table[2]['file_name'] == ''
    assert (table[2]['nose_x'], table[2]['tail_y'], table[2]['nose_score']) == (
        '3.25', '4.0', '0.25')


def test_one_result_and_several_have_the_same_rows(results, tmp_path):
    alone = results[0].to_csv().splitlines()
    assert results.to_csv().splitlines()[:3] == alone
    results.to_csv(tmp_path / 'a.csv')
    assert (tmp_path / 'a.csv').read_text() == results.to_csv()
    with pytest.raises(InputError, match='cannot be written'):
        results.to_csv(tmp_path / 'none' / 'a.csv')
    assert PoseResults().to_csv().startswith('image_id,')


def test_coco_has_the_identity(results):
    assert [r.get('track_id') for r in results.to_coco()] == [7, None, 7]
    assert results.to_coco()[:2] == results[0].to_coco()
    assert results[0].to_dict()['persons'][0]['identity'] == 7


def test_data_frame(results, monkeypatch):
    frame = results.to_dataframe()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 3
    assert frame.groupby('frame').size().to_dict() == {0: 2, 2: 1}
    assert frame.tail_x.tolist() == [1, 2, 3.25]
    monkeypatch.setitem(sys.modules, 'pandas', None)
    with pytest.raises(InputError, match='needs pandas: pip install pandas'):
        results.to_dataframe()


@pytest.mark.parametrize('name, fields', [
    ('confidence', ()), ('keypoint_confidence', ('detection_confidence', ))])
def test_supervision(results, monkeypatch, name, fields):
    """Against the interfaces of an older and of a newer one."""
    class KeyPoints(SimpleNamespace):
        __dataclass_fields__ = dict.fromkeys(fields)

        @classmethod
        def empty(cls):
            return 'nobody'

    monkeypatch.setitem(sys.modules, 'supervision',
                        SimpleNamespace(KeyPoints=KeyPoints))
    points = results[0].to_supervision()
    assert points.xy.tolist() == [[[1, 3], [1, 4]], [[2, 3], [2, 4]]]
    assert getattr(points, name).shape == (2, 2)
    assert points.data['tracker_id'].tolist() == [7, -1]
    assert results[1].to_supervision() == 'nobody'


def test_the_installed_supervision(results):
    import supervision
    points = results[0].to_supervision()
    assert isinstance(points, supervision.KeyPoints) and len(points) == 2
    assert points.xy.tolist() == [[[1, 3], [1, 4]], [[2, 3], [2, 4]]]
    assert supervision.KeyPoints.empty() == results[1].to_supervision()


def test_without_supervision(results, monkeypatch):
    monkeypatch.setitem(sys.modules, 'supervision', None)
    with pytest.raises(InputError, match='pip install supervision'):
        results[0].to_supervision()
