"""Drawn pictures of people with exact labels, for machines without data."""
from .dataset import SyntheticPeople
from .scene import Person, Scene, SceneSpec, render_scene

__all__ = ['Person', 'Scene', 'SceneSpec', 'SyntheticPeople', 'render_scene']
