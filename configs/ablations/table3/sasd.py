# The method as it is.
_base_ = '../../sasd_xs_coco.py'
