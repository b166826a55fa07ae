"""Videos and a camera, for the tests."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np


def write_video(path: Path, frames: int = 5, size: tuple[int, int] = (101, 75),
                fps: float = 12) -> None:
    """Write frames of one grey each, 40 brighter from frame to frame."""
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, size)
    for shade in range(frames):
        writer.write(np.full((*size[::-1], 3), 40 * shade, np.uint8))
    writer.release()


class FakeCamera:
    """Gives four frames, then fails, as one that is unplugged."""

    def __init__(self, number):
        self.number, self.left = number, 4

    def isOpened(self):
        return self.number == 0

    def get(self, key):
        return 0.0

    def set(self, key, value):
        return True

    def read(self):
        self.left -= 1
        return self.left >= 0, np.zeros((20, 30, 3), np.uint8)

    def release(self):
        pass


@contextmanager
def serve(content: bytes, kind: str, stall: float = 0) -> Iterator[str]:
    """Serve bytes over HTTP, and hold the line for some seconds after them.

    Yields:
        str: The address.
    """
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header('Content-Type', kind)
            if not stall and 'multipart' not in kind:
                self.send_header('Content-Length', str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
            ended.wait(stall)

        def log_message(self, *args):
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}/clip'
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
