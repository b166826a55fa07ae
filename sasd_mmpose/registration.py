"""Registering the package's parts in MMPose, as soon as MMPose is in use.

Three ways lead there, and none of them imports torch before it is wanted:

- MMEngine or MMPose is imported already, as where a config's
  ``custom_imports`` names this package: all is registered at once.
- MMPose is imported later: that import first mends what newer libraries break
  (:mod:`sasd_mmpose.compat`) and registers afterwards.
- A part of this package that builds on MMPose is imported first: likewise.
"""
from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

REGISTERING = tuple(f'{__package__}.{name}' for name in (
    'datasets', 'engine', 'evaluation', 'inferencer', 'models'))
NEED_MMPOSE = frozenset(
    ('mmpose', f'{__package__}.apis', f'{__package__}.visualization',
     *REGISTERING))


def register_with_mmpose() -> None:
    """Register all parts, now or when MMPose comes into use."""
    # None stands for a module that must not be imported.
    if any(sys.modules.get(name) is not None for name in ('mmengine', 'mmpose')):
        _mend()
        _register()
    else:
        sys.meta_path.insert(0, _FirstUse())


def _mend() -> None:
    """Mend what keeps MMPose from being imported."""
    import_module(f'{__package__}.compat').apply()


def _register() -> None:
    """Import what registers itself."""
    for name in REGISTERING:
        import_module(name)


class _FirstUse(MetaPathFinder):
    """Waits for the first import of what needs MMPose; acts before and after.

    It finds nothing by itself and acts once.
    """

    def find_spec(self, name: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in NEED_MMPOSE:
            return None
        sys.meta_path.remove(self)
        _mend()
        spec = find_spec(name)
        if spec is not None:
            self._register_after(spec)
        return spec

    @staticmethod
    def _register_after(spec: ModuleSpec) -> None:
        """Register when the module is whole: no part sees it half imported."""
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            _register()

        spec.loader.exec_module = execute_and_register
