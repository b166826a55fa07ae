# The method as it is.
_base_ = '../../_base_/mini.py'
