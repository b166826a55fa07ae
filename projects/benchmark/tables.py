"""The tables of a benchmark, in markdown."""
from __future__ import annotations

from collections.abc import Mapping

from ..markdown import markdown

NONE = '–'
QUOTED = 'ᵖ'
NOT_TIMED = '✗'


def _runtimes(result: Mapping) -> list[str]:
    """List the runtimes that take part, in the order of the file."""
    names = [name for model in result['models'].values()
             for name in model['runtimes']]
    return list(dict.fromkeys(names))


def _accuracy(model: Mapping) -> str:
    """Show AP in percent: what is quoted, and what was measured here."""
    shown = []
    if 'quoted_ap' in model:
        shown.append(f'{model["quoted_ap"]["value"]:g} {QUOTED}')
    if 'measured_ap' in model:
        measured = model['measured_ap']
        shown.append(f'{100 * measured["value"]:.1f} ({measured["on"]})')
    return '; '.join(shown) or NONE


def _milliseconds(spread: Mapping[str, float]) -> str:
    return f'{spread["median"]:.1f}'


def overview_table(result: Mapping) -> str:
    """Size, accuracy, and CPU time of the whole on each runtime."""
    runtimes = _runtimes(result)
    rows = []
    for name, model in result['models'].items():
        times = [
            _milliseconds(model['runtimes'][runtime]['cpu_ms']['whole'])
            if 'cpu_ms' in model['runtimes'].get(runtime, {}) else NOT_TIMED
            for runtime in runtimes
        ]
        width, height = model['input']
        size = [f'{model["params"] / 1e6:.2f} M', f'{model["macs"] / 1e9:.2f} G'
                ] if 'params' in model else [NONE, NONE]
        rows.append([
            name, f'{width} x {height}', *size, _accuracy(model), *times])
    return markdown(
        ['model', 'input', 'parameters', 'MACs', 'COCO val AP',
         *(f'{runtime}, ms' for runtime in runtimes)], rows)


def stage_table(result: Mapping, runtime: str) -> str:
    """Where the time goes on a runtime, and whether it agrees with PyTorch."""
    rows = []
    for name, model in result['models'].items():
        run = model['runtimes'].get(runtime, {})
        if 'ms' not in run:
            continue
        whole = run['ms']['whole']
        agreement = run['agreement']
        file_size = NONE if run['file_bytes'] is None else (
            f'{run["file_bytes"] / 1e6:.1f} MB')
        rows.append([
            name, file_size,
            *(_milliseconds(run['ms'][stage])
              for stage in ('preprocess', 'net', 'decode', 'whole')),
            f'{whole["q25"]:.1f} – {whole["q75"]:.1f}',
            _milliseconds(run['cpu_ms']['whole']),
            f'{agreement["max_relative_error"]:.0e}',
            'yes' if agreement['same_people'] else 'no'
        ])
    return markdown([
        'model', 'files', 'preprocessing', 'net', 'decoding', 'whole',
        'interquartile range', 'CPU time', 'maps differ by', 'same people'
    ], rows)


def ratio_table(result: Mapping, runtime: str) -> str:
    """Ratios of times, against what they are to reach."""
    rows = []
    for ratio in result['ratios']:
        if ratio['runtime'] != runtime:
            continue
        ms = ratio['ms']
        bound = f'{ratio["at_most"]:g}' if 'at_most' in ratio else NONE
        met = {True: 'yes', False: 'no', None: NONE}[ratio.get('met')]
        rows.append([
            f'{ratio["of"]} / {ratio["to"]}', f'{ms["median"]:.3f}',
            f'{ms["q25"]:.3f} – {ms["q75"]:.3f}',
            f'{ratio["cpu_ms"]["median"]:.3f}', bound, met
        ])
    return markdown(['ratio', 'median', 'interquartile range', 'CPU time',
                     'at most', 'target met'], rows)


def failure_table(result: Mapping) -> str:
    """What was not timed, and why."""
    rows = []
    for name, model in result['models'].items():
        failures = {runtime: run['failed']
                    for runtime, run in model['runtimes'].items()
                    if 'failed' in run}
        if 'failed' in model:
            failures['all'] = model['failed']
        rows += [[f'{name}, {runtime}', why.replace('|', '/')]
                 for runtime, why in failures.items()]
    return markdown(['model', 'reason'], rows)


def setting_table(result: Mapping) -> str:
    """Machine, settings and versions."""
    machine, images = result['machine'], result['images']
    people = images['people']
    rows = [
        ['date', result['date']],
        ['processor', machine['processor']],
        ['system', machine['system']],
        ['frequency governor', machine['governor']],
        ['load of the machine, before and after',
         f'{machine["load"]}, {machine["load_after"]}'],
        ['threads', str(result['threads'])],
        ['rounds', str(result['rounds'])],
        ['images', f'{len(people)} of {images["source"]}, '
                     f'{min(people)} to {max(people)} people each'],
        ['versions', ', '.join(
            f'{name} {version}'
            for name, version in result['versions'].items())],
    ]
    return markdown(['', ''], rows)
