"""The environment check names each classic trap, and the command out of it."""
from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'tools' / 'check_env.py'


def load_script():
    spec = importlib.util.spec_from_file_location('check_env', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


check_env = load_script()
GOOD = {
    'torch': '2.13.0+cpu', 'numpy': '1.26.4', 'setuptools': '80.8.0',
    'opencv-python-headless': '4.11.0.86', 'matplotlib': '3.10.9',
    'pycocotools': '2.0.11', 'scipy': '1.15.3', 'xtcocotools': '1.14.3',
    'mmcv-lite': '2.1.0', 'mmdet': '3.3.0', 'mmengine': '0.10.7',
    'mmpose': '1.3.2', 'msgspec': '0.22.0', 'openmim': '0.3.9',
    'pillow': '12.3.0', 'sasd_mmpose': '0.2.0', 'simplejpeg': '1.9.0',
}
COMPILED = {'mmcv': '2.1.0', 'mmcv-lite': None}


class FakeEnvironment(check_env.Environment):
    """An environment in which all fits, but for what the test says.

    Args:
        versions (dict): Package -> version, or None for one that is missing.
        broken (dict): Module -> message with which its import fails.
        gpus (tuple): The GPUs there are; a compiled mmcv is for the CPU.
    """

    python = (3, 11, 7)

    def __init__(self, versions=None, broken=None, gpus=()) -> None:
        self.versions = {**GOOD, **(versions or {})}
        self.broken = broken or {}
        self.names = gpus

    def version(self, package):
        return self.versions.get(package)

    def load(self, module):
        message = self.broken.get(module)
        return None if message is None else ImportError(message)

    def gpus(self):
        return list(self.names)

    def mmcv_has_cuda(self):
        return False


def problems(env) -> dict[str, check_env.Finding]:
    return {f.name: f for f in check_env.examine(env) if f.cure}


def test_nothing_to_mend_where_all_fits():
    findings = check_env.examine(FakeEnvironment())
    assert not [f for f in findings if f.cure]
    text = check_env.report(findings)
    assert text.endswith('Everything fits.')
    assert len(text.splitlines()) < 24
    assert findings[-1].name == 'sasd_mmpose'


@pytest.mark.parametrize('env, name, detail, cure', [
    (dict(versions={'mmcv-lite': None}), 'mmcv-lite', 'missing',
     'install --no-deps mmcv-lite==2.1.0'),
    (dict(versions={'mmcv-lite': '2.2.0'}), 'mmcv-lite',
     'needs >=2.0.0,<2.2.0', 'install --no-deps mmcv-lite==2.1.0'),
    (dict(versions={'mmcv': '2.1.0'}), 'mmcv', 'overwrite each other',
     'uninstall -y mmcv mmcv-lite && '),
    (dict(versions=COMPILED, broken={'mmcv.ops': 'undefined symbol'}), 'mmcv',
     'does not import', 'uninstall -y mmcv && '),
    (dict(versions=COMPILED, gpus=('A GPU', )), 'mmcv', 'for the CPU only',
     'install --no-deps mmcv-lite==2.1.0'),
    (dict(versions={'numpy': '2.4.6'},
          broken={'xtcocotools.mask': 'numpy.dtype size changed'}),
     'xtcocotools', 'built for numpy 1', '--no-binary xtcocotools'),
    (dict(versions={'mmpose': None}), 'mmpose', 'missing',
     'install --no-deps mmpose==1.3.2'),
    (dict(versions={'setuptools': '82.0.0'}, broken={'pkg_resources': 'no'}),
     'setuptools', 'no pkg_resources', 'setuptools<81'),
    (dict(versions={'torch': None}), 'torch', 'missing', 'install "torch>=2.0"'),
    (dict(versions={'torchvision': '0.28.0'},
          broken={'torchvision': 'operator torchvision::nms does not exist'}),
     'torchvision', 'nms does not exist', 'uninstall -y torchvision'),
    (dict(versions={'opencv-python': '4.11.0.86'}), 'opencv',
     'overwrite each other', 'uninstall -y opencv-python '),
    (dict(broken={'cv2': 'libGL.so.1: cannot open shared object file'}),
     'opencv', 'libGL.so.1', 'install opencv-python-headless=='),
    (dict(broken={'six': 'no', 'munkres': 'no'}), 'needed by MMPose',
     'munkres, six', 'install munkres==3.0.0 six=='),
    (dict(versions={'sasd_mmpose': None}), 'sasd_mmpose', 'not installed',
     '-e .'),
    (dict(broken={'sasd_mmpose': 'boom'}), 'sasd_mmpose', 'boom', '-e .'),
], ids=lambda value: value if isinstance(value, str) else '')
def test_traps(env, name, detail, cure):
    found = problems(FakeEnvironment(**env))
    assert list(found) == [name]
    assert detail in found[name].detail
    assert cure in found[name].cure
    assert found[name].cure in check_env.report(list(found.values()))


def test_libraries_of_this_environment_are_found():
    """The suite runs where they all are: none is looked for under a wrong name."""
    found = list(check_env.check_libraries(check_env.Environment()))
    assert {'matplotlib', 'pillow'} <= {finding.name for finding in found}
    assert not [finding for finding in found if finding.cure]


def test_old_python():
    env = FakeEnvironment()
    env.python = (3, 8, 10)
    assert 'python' in problems(env)


def test_compiled_mmcv_that_fits_is_left_alone():
    assert not problems(FakeEnvironment(versions=COMPILED))


@pytest.mark.parametrize('version, ranges, expected', [
    ('2.13.0+cpu', '>=2.0', True),
    ('2.1.0', '>=2.0.0,<2.2.0', True),
    ('2.2', '>=2.0.0,<2.2.0', False),
    ('2.2.0rc1', '<2.2.0', False),
    ('0.10.7', '>=0.10.0,<1.0.0', True),
    ('1.14.3', '==1.14.3', True),
    ('1.14.3', '!=1.14.3', False),
    ('1.14.3', '', True),
])
def test_fits(version, ranges, expected):
    assert check_env.fits(version, ranges) is expected


def test_runs_where_nothing_is_installed():
    """With no site-packages at all it reports and exits with status 1."""
    done = subprocess.run(
        [sys.executable, '-I', '-S', str(SCRIPT)], text=True,
        capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert 'torch             missing' in done.stdout
    assert 'To mend it' in done.stdout
    assert 'Traceback' not in done.stderr
