"""The tables of what int8 and other activations buy, in markdown."""
from __future__ import annotations

from collections.abc import Mapping

from ..markdown import markdown

NONE = '–'


def time_table(result: Mapping) -> str:
    """CPU time and its ratio to SiLU in fp32, by activation and runtime."""
    cells: dict[str, dict[str, str]] = {}
    for name, times in result['nets'].items():
        activation, way = name.split(', ', 1)
        cells.setdefault(way, {})[activation] = (
            f'{times["cpu_ms"]["median"]:.1f} ({times["ratio"]["median"]:.2f})')
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
