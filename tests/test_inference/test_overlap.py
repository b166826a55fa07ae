"""Threads that read ahead and write behind lose nothing."""
from __future__ import annotations

import threading
import time

import pytest

from sasd_mmpose.inference.overlap import ROOM, in_background, read_ahead


def test_order_and_end():
    assert list(read_ahead(range(50))) == list(range(50))
    done: list[int] = []
    with in_background(done.append) as write:
        for item in range(50):
            write(item)
    assert done == list(range(50))


def test_reading_is_some_items_ahead_and_no_more():
    read: list[int] = []

    def items():
        for item in range(100):
            read.append(item)
            yield item

    ahead = read_ahead(items())
    assert next(ahead) == 0
    time.sleep(0.1)
    # What was taken, what waits, and the one that finds no room.
    assert len(read) == 1 + ROOM + 1
    ahead.close()


def test_the_reader_ends_with_its_user():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    ahead = read_ahead(items())
    next(ahead)
    ahead.close()
    assert closed.wait(2)


def test_what_the_reader_raises_comes_after_what_it_read():
    def items():
        yield 1
        yield 2
        raise OSError('unplugged')

    found = []
    with pytest.raises(OSError, match='unplugged'):
        for item in read_ahead(items()):
            found.append(item)
    assert found == [1, 2]


def test_live_frames_that_nobody_takes_are_dropped():
    taken = threading.Event()

    def items():
        yield 0
        taken.wait(2)
        yield from range(1, 100)

    ahead = read_ahead(items(), live=True)
    assert next(ahead) == 0
    taken.set()
    time.sleep(0.1)
    assert list(ahead) == [99]


@pytest.mark.parametrize('error', [KeyboardInterrupt, OSError])
def test_all_is_written_whatever_ends_the_loop(error):
    done: list[int] = []

    def slow(item: int) -> None:
        time.sleep(0.01)
        done.append(item)

    with pytest.raises(error), in_background(slow) as write:
        for item in range(ROOM):
            write(item)
        raise error
    assert done == list(range(ROOM))


def test_what_the_writer_raises_ends_the_loop():
    def full(item: int) -> None:
        raise OSError('disk full')

    handed = 0
    with pytest.raises(OSError, match='disk full'), in_background(full) as write:
        for _ in range(1000):
            write(1)
            handed += 1
            time.sleep(0.001)
    assert handed < 1000


def test_reading_work_and_writing_take_the_time_of_the_slowest():
    """Sleeping takes no core, as a net on a GPU or a camera does not."""
    def items():
        for item in range(20):
            time.sleep(0.005)
            yield item

    start = time.perf_counter()
    with in_background(lambda item: time.sleep(0.005)) as write:
        for item in read_ahead(items()):
            time.sleep(0.01)
            write(item)
    # One after another it would be 20 x 20 ms; the net alone takes 0.2 s.
    assert time.perf_counter() - start < 0.32
