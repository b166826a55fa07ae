"""What LitePose and HigherHRNet share beyond MMPose's associative embedding.

:mod:`.codec` and :mod:`.head` build on MMPose. :mod:`.grouping` and
:mod:`.runtime` need no torch, so nothing is imported here.
"""
