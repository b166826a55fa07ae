"""Serve the built page on this machine.

    python projects/web_demo/serve.py [--port 8000]

Any static server does. This one is Python's own with two headers more, without
which browsers give WebAssembly one thread only, and a security policy that
holds for the thread of the net, too.
"""
from __future__ import annotations

import argparse
import functools
import http.server
import sys
from pathlib import Path

DIST = Path(__file__).parent / 'dist'
HEADERS = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Content-Security-Policy':
        "default-src 'self' blob:; script-src 'self' 'wasm-unsafe-eval'",
    'Cache-Control': 'no-cache',
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Python's own, with :data:`HEADERS`."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        '.js': 'text/javascript',
        '.wasm': 'application/wasm',
    }

    def end_headers(self) -> None:
        """Add the headers."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()


def make_server(folder: Path, host: str, port: int) -> http.server.HTTPServer:
    """Make a server.

    Args:
        folder (Path): The built page.
        host (str): Address to listen on.
        port (int): Port; 0 for any that is free.

    Raises:
        OSError: The port is taken.
    """
    handler = functools.partial(Handler, directory=str(folder))
    return http.server.ThreadingHTTPServer((host, port), handler)


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted; return the exit status."""
    parser = argparse.ArgumentParser(description='Serve the built page.')
    parser.add_argument('--folder', type=Path, default=DIST)
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument('--port', type=int, default=8000)
    args = parser.parse_args(argv)
    if not (args.folder / 'index.html').is_file():
        print(f'error: {args.folder}: no built page; run make web', file=sys.stderr)
        return 1
    try:
        server = make_server(args.folder, args.host, args.port)
    except OSError as error:
        print(f'error: port {args.port} on {args.host}: {error.strerror}; choose '
              'another one with --port', file=sys.stderr)
        return 1
    print(f'http://{args.host}:{server.server_port}/  (Ctrl-C ends it)', flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
