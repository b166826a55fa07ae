"""Registers all parts of the package in MMPose; configs name this module.

    custom_imports = dict(imports=['sasd_mmpose.registration'])

Importing it first mends what newer libraries break in MMPose
(:mod:`sasd_mmpose.compat`).
"""
from . import datasets, engine, evaluation, models

__all__ = ['datasets', 'engine', 'evaluation', 'models']
