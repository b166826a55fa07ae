"""Time pipelines and steps, several checkouts turn by turn."""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sasd_mmpose import InputError

WORKER = Path(__file__).with_name('worker.py')
ROOT = Path(__file__).parents[2]


class Worker:
    """A process that times one thing; see ``worker.py``.

    Args:
        root (Path): The checkout that it runs.
        arguments (Sequence[str]): Those of ``worker.py`` after it.
    """

    def __init__(self, root: Path, arguments: Sequence[str]) -> None:
        env = dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(root), os.environ.get('PYTHONPATH', '')]), OMP_NUM_THREADS='1')
        self.process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', str(WORKER), str(root), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=env, cwd=root)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait()

    def time(self, count: int) -> float:
        """Return the CPU time of so many units, in seconds each.

        Args:
            count (int): How many.

        Raises:
            InputError: The process gave up.
        """
        print(count, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            command = ' '.join(self.process.args)
            raise InputError(f'{command}: gave up; run it by itself, with a '
                             'number on its input, to see why')
        return float(answer) / count


def compare_pipelines(pipeline: str, roots: Sequence[Path], turns: int,
                      count: int) -> list[dict]:
    """Time a pipeline in several checkouts, turn by turn.

    Args:
        pipeline (str): A file of ``configs/_base_/pipelines``.
        roots (Sequence[Path]): The checkouts; the first is the one whose time
            the others are compared to.
        turns (int): Turns each.
        count (int): Samples a turn.

    Returns:
        list[dict]: For each its milliseconds a sample (median and quartiles
        over the turns) and its median share of the first one's time.
    """
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(root, [pipeline]))
                   for root in roots]
        for worker in workers:
            worker.time(count)
        times = [[worker.time(count) for worker in workers]
                 for _ in range(turns)]
    return [dict(
        summary([turn[i] for turn in times]),
        ratio=round(statistics.median(turn[i] / turn[0] for turn in times), 3))
        for i in range(len(roots))]


def time_step(pipeline: str, batch_size: int, bf16: bool, twin: bool,
              steps: int) -> dict:
    """Time training steps of XS in this checkout.

    Args:
        pipeline (str): Whose samples make the batch.
        batch_size (int): Images a step.
        bf16 (bool): Whether in bfloat16.
        twin (bool): Whether with the twin.
        steps (int): How many are timed, after a first one that is not.

    Returns:
        dict: Milliseconds an image: median and quartiles over the steps.
    """
    arguments = [pipeline, '--step', str(batch_size)]
    arguments += ['--bf16'] * bf16 + ['--twin'] * twin
    with Worker(ROOT, arguments) as worker:
        worker.time(1)
        return summary([worker.time(1) / batch_size for _ in range(steps)])


def summary(times: Sequence[float]) -> dict:
    """Return median, quartiles and number of times, in milliseconds."""
    low, middle, high = (statistics.quantiles(times, n=4) if len(times) > 1
                         else [times[0]] * 3)
    return dict(ms=round(1e3 * middle, 2), ms_low=round(1e3 * low, 2),
                ms_high=round(1e3 * high, 2), turns=len(times))
