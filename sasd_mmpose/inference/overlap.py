"""Reading, computing and writing at the same time, in threads of their own."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar('T')

# Items that may wait between two threads: enough to even out slow ones, and
# few, since each may be an image.
ROOM = 4


class _Ended(Exception):
    """Nothing more comes."""


class _Queue(Generic[T]):
    """A short queue between two threads that either of them can end."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[T] = deque()
        self._changed = Condition()
        self._ended = False
        self.error: BaseException | None = None

    def wait_for_room(self) -> bool:
        """Wait until there is room; False where the queue has ended."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or len(self._items) < self._room)
            return not self._ended

    def put(self, item: T) -> None:
        """Append an item, room or not."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def put_newest(self, item: T) -> bool:
        """Append an item, and drop the oldest; False where it has ended."""
        with self._changed:
            if len(self._items) >= self._room:
                self._items.popleft()
            self.put(item)
            return not self._ended

    def take(self) -> T:
        """Wait for an item; raise _Ended where no more come."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or bool(self._items))
            if not self._items:
                raise _Ended
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more items come, or that none are wanted."""
        with self._changed:
            self._ended = True
            self.error = self.error or error
            self._changed.notify_all()


def read_ahead(items: Iterable[T],
               live: bool = False) -> Generator[T, None, None]:
    """Take items from an iterable in another thread, some ahead of their use.

    Args:
        items (Iterable[T]): It is iterated over in that thread.
        live (bool): Drop the oldest items where they come faster than they are
            used, as the frames of a camera, which does not wait.

    Yields:
        T: The items in order. Whatever the iterable raises is raised here.
    """
    queue: _Queue[T] = _Queue(1 if live else ROOM)

    def read() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if live:
                    if not queue.put_newest(item):
                        break
                elif queue.wait_for_room():
                    queue.put(item)
                else:
                    break
        except BaseException as error:
            queue.end(error)
        finally:
            close = getattr(iterator, 'close', None)
            if close is not None:
                close()
            queue.end()

    # A daemon: a camera that hangs must not keep the process from ending.
    Thread(target=read, name='reader', daemon=True).start()
    try:
        while True:
            try:
                item = queue.take()
            except _Ended:
                break
            yield item
    finally:
        queue.end()
    if queue.error is not None:
        raise queue.error


@contextmanager
def in_background(work: Callable[[T], None]) -> Iterator[Callable[[T], None]]:
    """Let another thread do some work on items, in their order.

    Leaving the context waits until all is done, also after an error or Ctrl-C.

    Args:
        work (Callable[[T], None]): What to do with an item.

    Yields:
        Callable[[T], None]: Hands over an item; waits while others wait.

    Raises:
        BaseException: What the work raises, at the next item or at the end.
            What waits then is not worked on.
    """
    queue: _Queue[T] = _Queue(ROOM)

    def run() -> None:
        try:
            while True:
                work(queue.take())
        except _Ended:
            return
        except BaseException as error:
            queue.end(error)

    def hand_over(item: T) -> None:
        try:
            queue.wait_for_room()
        finally:
            # Ctrl-C while waiting must not lose it.
            queue.put(item)
        if queue.error is not None:
            raise queue.error

    thread = Thread(target=run, name='writer', daemon=True)
    thread.start()
    try:
        yield hand_over
    finally:
        queue.end()
        thread.join()
        if queue.error is not None:
            raise queue.error
