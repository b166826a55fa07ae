"""Test a model: MMPose's own command, with its arguments."""
import sasd_mmpose  # noqa: F401, I001  (before mmpose: mends what is broken)
from _mmpose_tool import run

if __name__ == '__main__':
    run('test.py')
