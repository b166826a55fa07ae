"""The tables of the documents are those that the result files give."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from projects.paper_tables import read_suites
from projects.paper_tables.tools import make_tables

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize('name', make_tables.documents())
def test_tables_are_up_to_date(name: str):
    text = (ROOT / name).read_text()
    assert make_tables.fill(text) == text, 'run make_tables'


def test_every_figure_comes_from_the_files(monkeypatch):
    quoted = json.loads((ROOT / 'results/quoted.json').read_text())
    quoted['models']['sasd_xs_coco']['coco_val_ap'] = 12.3
    original = make_tables.read
    monkeypatch.setattr(
        make_tables, 'read',
        lambda name: quoted if name == 'quoted.json' else original(name))
    table = make_tables.model_table()
    assert '12.3 ᵖ' in table
    assert '44.1' not in table


def test_counted_sizes_are_those_of_the_configs():
    """What models.json says of XS is what the net has."""
    from sasd_mmpose.engine.config import load_config
    from sasd_mmpose.models.complexity import model_complexity
    recorded = json.loads((ROOT / 'results/models.json').read_text())
    cfg = load_config(ROOT / 'configs/sasd_xs_coco.py')
    entry = recorded['sasd_xs_coco']
    assert model_complexity(cfg.model, 512)._asdict() == entry['deployed']
    assert model_complexity(
        cfg.model, 512, aux=True)._asdict() == entry['trained']


def test_every_suite_stands_in_the_documents():
    text = (ROOT / 'docs/experiments.md').read_text()
    for name in (*make_tables.SUITES, 'nets'):
        assert f'<!-- table {name} -->' in text
    assert tuple(read_suites()) == make_tables.SUITES


def test_levels_stand_beside_their_sizes(tmp_path, monkeypatch):
    entries = [dict(size=size, images=7, ap={"P'4": size / 1000},
                    shares=dict(P3=0.25)) for size in (128, 256)]
    report = dict(levels=entries, gradient_shares={'high.loss_oks': 0.5})
    (tmp_path / 'results/levels').mkdir(parents=True)
    (tmp_path / 'results/levels/net.json').write_text(json.dumps(report))
    monkeypatch.setattr(make_tables, 'ROOT', tmp_path)
    monkeypatch.setattr(make_tables, 'RESULTS', tmp_path / 'results')
    table = make_tables.level_table()
    assert '| net, base input in pixels | 128 | 256 |' in table
    assert "| AP of P'4 | 0.1280 | 0.2560 |" in table
    assert '| detections of P3 | 25% | 25% |' in table
    assert '7 images' in table and 'high.oks 50.0%' in table
