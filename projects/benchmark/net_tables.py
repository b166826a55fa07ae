"""The tables of what int8, activations and the form of export buy, in markdown."""
from __future__ import annotations

from collections.abc import Mapping

from ..markdown import markdown

NONE = '–'


def _cell(times: Mapping) -> str:
    """CPU time and ratio, such as ``31.0 (0.85)``."""
    return f'{times["cpu_ms"]["median"]:.1f} ({times["ratio"]["median"]:.2f})'


def time_table(result: Mapping) -> str:
    """CPU time and its ratio to SiLU in fp32, by activation and runtime."""
    cells: dict[str, dict[str, str]] = {}
    for name, times in result['nets'].items():
        activation, way = name.split(', ', 1)
        cells.setdefault(way, {})[activation] = _cell(times)
    activations = list(dict.fromkeys(
        name.split(', ')[0] for name in result['nets']))
    return markdown(
        ['CPU ms (ratio)', *activations],
        [[way, *(row.get(activation, NONE) for activation in activations)]
         for way, row in cells.items()])


def profile_table(result: Mapping) -> str:
    """Where ONNX Runtime spends its time, by operator."""
    profiles = result['onnxruntime_ms_by_operator']
    kinds = list(dict.fromkeys(
        kind for spent in profiles.values() for kind in spent))
    return markdown(
        ['operator', *(name.replace(', onnxruntime', ',') for name in profiles)],
        [[kind, *(f'{spent[kind]:.1f}' if kind in spent else NONE
                  for spent in profiles.values())] for kind in kinds])


def form_table(result: Mapping) -> str:
    """CPU time of the forms of an export and its ratio to the net as trained."""
    runtimes = result['nets']
    return markdown(
        ['CPU ms (ratio)', *runtimes, 'largest error', 'MB of weights'],
        [[form,
          *(_cell(nets[form]) for nets in runtimes.values()),
          f'{max(nets[form]["error"] for nets in runtimes.values()):.0e}',
          f'{size / 1e6:.2f}']
         for form, size in result['ncnn_bytes'].items()])
