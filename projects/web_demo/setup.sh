#!/usr/bin/env bash
# Install what the page needs: the npm packages of the lock file. With --tests
# also Chromium, as root on Debian or Ubuntu. Does nothing where all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo 'error: no node and npm here; install Node.js 20 or newer' >&2
  exit 1
fi
# npm writes the copy of the lock file last: it tells whether all is installed.
if ! [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-progress
fi

if [[ "${1:-}" != --tests ]]; then
  exit 0
fi
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
  exit 0
fi
if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    chromium </dev/null
else
  echo 'note: no chromium here; the tests in the browser will be skipped' >&2
fi
