"""Videos and a camera, for the tests."""
from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import av
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


_SDP = """v=0
s=clip
c=IN IP4 127.0.0.1
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 MP4V-ES/90000
"""


@contextmanager
def serve_rtsp(frames: int, size: tuple[int, int] = (64, 48),
               stall: float = 0) -> Iterator[str]:
    """Serve grey frames as a camera does, and hold the line after them.

    Yields:
        str: The address.
    """
    class Handler(StreamRequestHandler):
        def handle(self):
            for request in self.rfile:
                answer, body = '', ''
                headers = {}
                while (line := self.rfile.readline().decode().strip()):
                    name, _, headers[name] = line.partition(': ')
                status = '200 OK'
                if request.startswith(b'DESCRIBE'):
                    answer, body = 'Content-Type: application/sdp\r\n', _SDP
                if request.startswith(b'SETUP'):
                    answer = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n'
                    if 'TCP' not in headers['Transport']:
                        status = '461 Unsupported Transport'
                self.wfile.write((
                    f'RTSP/1.0 {status}\r\nCSeq: {headers["CSeq"]}\r\n'
                    f'Session: 1\r\n{answer}Content-Length: {len(body)}\r\n\r\n'
                    f'{body}').encode())
                if request.startswith(b'PLAY'):
                    return self.play()

        def play(self):
            for index, data in enumerate(packets):
                packet = struct.pack('>BBHII', 128, 224, index, 9000 * index, 1) + data
                self.wfile.write(b'$\0' + struct.pack('>H', len(packet)) + packet)
            ended.wait(stall)

    packets = _encode(frames, size)
    ended = threading.Event()
    with ThreadingTCPServer(('127.0.0.1', 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f'rtsp://user:secret@127.0.0.1:{server.server_address[1]}/clip'
        finally:
            ended.set()
            server.shutdown()


def _encode(frames: int, size: tuple[int, int]) -> list[bytes]:
    """Encode grey frames as MPEG-4, each of them for itself."""
    codec = av.CodecContext.create('mpeg4', 'w')
    codec.width, codec.height = size
    codec.pix_fmt, codec.time_base, codec.gop_size = 'yuv420p', Fraction(1, 10), 1
    images = [av.VideoFrame.from_ndarray(
        np.full((*size[::-1], 3), 40 * i, np.uint8), format='bgr24')
        for i in range(frames)]
    return [bytes(packet) for image in (*images, None)
            for packet in codec.encode(image)]
