"""Fixtures that all tests share."""
from __future__ import annotations

import os

# Two threads at most, and set before numpy and torch read it: the test nets
# are tiny, and more threads only wait for each other.
os.environ.setdefault('OMP_NUM_THREADS', '2')
