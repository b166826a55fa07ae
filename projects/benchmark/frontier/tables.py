"""The tables of the frontier, and what can be said of it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from ...markdown import markdown
from . import top_down

NONE = '–'
OURS, RIVAL = ('sasd_xs', 512), ('yolo26n-pose', 384)
# Runtime that the sentences are about.
RUNTIME = 'onnxruntime'


def find(result: Mapping, net: str, size: int, runtime: str,
         precision: str = 'fp32', flip: bool = False) -> dict:
    """Return the record of a case; empty where it did not take part."""
    wanted = dict(net=net, size=size, runtime=runtime, precision=precision,
                  flip=flip)
    return next((record for record in result['entrants']
                 if wanted.items() <= record.items()), {})


def quoted_ap(quoted: Sequence[Mapping], net: str, size: int,
              flip: bool) -> Mapping:
    """Return what others report of a net at a size; empty where nothing is."""
    return next((entry for entry in quoted
                 if (entry['net'], entry['size'], entry['flip'])
                 == (net, size, flip)), {})


def milliseconds(record: Mapping) -> float | None:
    """Return the median CPU time of the whole; None where it was not timed."""
    return record['cpu_ms']['whole']['median'] if 'cpu_ms' in record else None


def measured(record: Mapping) -> float | None:
    """Return AP in percent; None where it was not measured."""
    found = record.get('measured_ap')
    return None if found is None else 100 * found['AP']


def frontier_table(result: Mapping, quoted: Sequence[Mapping]) -> str:
    """AP and CPU time of every net, size and precision on each runtime."""
    runtimes = list(dict.fromkeys(e['runtime'] for e in result['entrants']))
    kinds = dict.fromkeys(
        (e['net'], e['size'], e['precision'], e['flip'])
        for e in result['entrants'])
    rows = []
    for net, size, precision, flip in kinds:
        records = [find(result, net, size, runtime, precision, flip)
                   for runtime in runtimes]
        said = quoted_ap(quoted, net, size, flip) if precision == 'fp32' else {}
        weights = next((r['weights'] for r in records if 'weights' in r), NONE)
        rows.append([
            f'{net}{", flip" if flip else ""}', str(size), precision, weights,
            f'{said["ap"]:g} ᵖ' if said else NONE, *map(_cell, records)])
    return markdown(['net', 'input', 'precision', 'weights', 'AP quoted', *(
        f'{runtime}, ms (AP)' for runtime in runtimes)], rows)


def _cell(record: Mapping) -> str:
    """Show time and AP on one runtime."""
    time, ap = milliseconds(record), measured(record)
    if 'failed' in record:
        return '✗'
    if time is None:
        return NONE
    return f'{time:.1f}' + ('' if ap is None else f' ({ap:.1f})')


def missing_table(result: Mapping) -> str:
    """What did not take part, and why."""
    reasons: dict[str, list[str]] = {}
    for record in result['entrants']:
        if 'failed' in record:
            reasons.setdefault(record['failed'], []).append(record['name'])
    return markdown(['reason', 'not measured'], [
        [reason.replace('|', '/'), ', '.join(names)]
        for reason, names in reasons.items()])


def ratio_table(result: Mapping) -> str:
    """Ratios of whole times, taken in the same rounds."""
    return markdown(
        ['ratio of CPU times', 'runtime', 'median', 'interquartile range'],
        [[' / '.join(' '.join(map(str, ratio[side])) for side in ('of', 'to')),
          ratio['runtime'], f'{ratio["cpu_ms"]["median"]:.3f}',
          f'{ratio["cpu_ms"]["q25"]:.3f} – {ratio["cpu_ms"]["q75"]:.3f}']
         for ratio in result['ratios']])


def people_table(result: Mapping) -> str:
    """CPU time on images with so many people."""
    people = result['people']
    numbers = list(people['images'])
    return markdown(
        ['CPU ms, people that RTMDet finds', *numbers],
        [[name, *(f'{found[number]["median"]:.1f}' for number in numbers)]
         for name, found in people['cpu_ms'].items()])


def setting_table(result: Mapping) -> str:
    """Machine, settings and versions."""
    machine = result['machine']
    return markdown(['', ''], [
        ['date', result['date']],
        ['processor', machine['processor']],
        ['load of the machine, before and after the times',
         f'{machine["load"]}, {machine["load_after"]}'],
        ['threads', str(result['threads'])],
        ['rounds', str(result['rounds'])],
        ['images for the times', f'{len(result["images"])} of coco_mini val, '
         'evenly spread'],
        ['versions', ', '.join(
            f'{name} {version}' for name, version in result['versions'].items())]])


def sentences(result: Mapping, quoted: Sequence[Mapping]) -> str:
    """Say in two sentences where the net stands; empty where figures lack."""
    ours = find(result, *OURS, RUNTIME)
    pair = find(result, top_down.NET, 320, RUNTIME)
    flipped = find(result, *OURS, RUNTIME, flip=True)
    rival = find(result, *RIVAL, RUNTIME)
    if None in map(milliseconds, (ours, pair, flipped, rival)):
        return ''
    return f'{_about_pair(result, ours, pair)} {_about_rival(quoted, flipped, rival)}'


def _about_pair(result: Mapping, ours: Mapping, pair: Mapping) -> str:
    """Compare with the top-down pair, both measured."""
    crossing = next(
        (c['people'] for c in result['people']['crossings']
         if (c['runtime'], c['net'], c['size']) == (RUNTIME, *OURS)), None)
    since = ('' if crossing is None else
             f'; the pair costs more with {ceil(crossing)} people or more'
             if crossing > 1 else '; the pair costs more for any number of people')
    return (
        f'Measured on {ours["measured_ap"]["images"]} images of coco_mini val (one '
        f'thread, ONNX Runtime, without flip test), RTMDet-nano with TinyPose has '
        f'{measured(pair):.1f} AP in {milliseconds(pair):.0f} ms per image, and the '
        f'net that is published here, trained on few images, '
        f'{measured(ours):.1f} AP in {milliseconds(ours):.0f} ms{since}.')


def _about_rival(quoted: Sequence[Mapping], flipped: Mapping,
                 rival: Mapping) -> str:
    """Compare the paper's XS with YOLO26n by what is quoted of both."""
    ours, theirs = (quoted_ap(quoted, *which) for which in (
        (*OURS, True), (*RIVAL, False)))
    times = milliseconds(flipped), milliseconds(rival)
    ahead = theirs['ap'] >= ours['ap'], times[1] <= times[0]
    verdict = {
        (True, True): 'is ahead in both',
        (True, False): 'is more accurate and slower',
        (False, True): 'is less accurate and faster',
        (False, False): 'is behind in both'}[ahead]
    return (
        f'By what is quoted, YOLO26n-pose at {RIVAL[1]} px ({theirs["ap"]:g} AP on '
        f'{theirs["on"]}, {times[1]:.0f} ms) {verdict} against the paper\'s XS at '
        f'{OURS[1]} px with the flip test ({ours["ap"]:g} AP on {ours["on"]}, '
        f'{times[0]:.0f} ms).')
