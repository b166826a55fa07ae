"""Drawn images of people with exact labels, for machines without data."""
import sasd_mmpose.registration  # noqa: F401, I001  (before MMPose)
from .clock_schedule_hook import ClockScheduleHook
from .dataset import SyntheticPeople
from .scene import Person, Scene, SceneSpec, render_scene

__all__ = [
    'ClockScheduleHook', 'Person', 'Scene', 'SceneSpec', 'SyntheticPeople',
    'render_scene'
]
