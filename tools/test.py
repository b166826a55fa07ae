"""Test a model: MMPose's own command, with its arguments."""
import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from _mmpose_tool import run
from sasd_mmpose.errors import install_excepthook

if __name__ == '__main__':
    install_excepthook()
    run('test.py')
