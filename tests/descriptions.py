"""The description of a small net, for the tests."""
from sasd_mmpose.inference.model_description import (
    Bone,
    InputSpec,
    Keypoint,
    ModelDescription,
    OutputSpec,
)

DESCRIPTION = ModelDescription(
    name='net',
    backend='ncnn',
    precision='fp32',
    files=['end2end.param', 'end2end.bin'],
    input=InputSpec('in0', 64, 96, False, 32, 'rgb', [0, 0, 0], [255, 255, 255],
                    114),
    outputs=[OutputSpec('out0', 16, [[1.5, 2], [3, 4], [5, 6]]),
             OutputSpec('out1', 32, [[7, 8], [9, 10], [11, 12]])],
    keypoints=[Keypoint('nose', [1, 2, 3]), Keypoint('tail', [4, 5, 6])],
    skeleton=[Bone([0, 1], [7, 8, 9])],
    versions=dict(torch='2'))
