"""Image in, people out, whatever runs the net.

Nothing that is imported here needs torch or an OpenMMLab package:
``pip install .[runtime]`` is enough for it.
"""
