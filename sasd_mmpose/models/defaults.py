"""Layers as YOLOv5 configures them, the default of every part of the nets."""

NORM_CFG = dict(type='BN', momentum=0.03, eps=0.001)
# Not in place: its gradient needs the input, of which PyTorch would make a copy.
ACT_CFG = dict(type='SiLU', inplace=False)
SHUFFLE_ACT_CFG = dict(type='ReLU', inplace=True)
