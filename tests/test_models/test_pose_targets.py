"""Labels become targets; what has no label does not count."""
from __future__ import annotations

import pytest
import torch
from small_nets import build, model_cfg, people

from sasd_mmpose import InputError
from sasd_mmpose.models.task_modules import GroundTruth


@pytest.mark.parametrize('junk', [float('nan'), float('inf'), -1e38])
def test_coordinates_without_a_label_do_not_count(junk):
    """Neither in the losses nor in their gradients."""
    model = build(model_cfg())
    images = torch.rand(2, 3, 64, 64)

    def train_on(value: float) -> tuple[dict, list[torch.Tensor]]:
        samples = people((2, 1))
        for sample in samples:
            labels = sample.gt_instance_labels
            labels.keypoints[labels.keypoints_visible == 0] = value
        model.zero_grad()
        losses = model.head.loss(
            model.neck(model.backbone(images)), samples)
        sum(losses.values()).backward()
        return losses, [p.grad.clone() for p in model.parameters()
                        if p.grad is not None]

    clean, gradients = train_on(0.)
    losses, other_gradients = train_on(junk)
    assert losses == clean and len(gradients) == len(other_gradients) > 0
    for a, b in zip(gradients, other_gradients, strict=True):
        assert torch.equal(a, b)


def test_labelled_coordinates_stay():
    samples = people((2, 0, 1))
    truth = GroundTruth.from_samples(samples, 17)
    labels = [sample.gt_instance_labels for sample in samples]
    visible = torch.cat([label.keypoints_visible for label in labels]) > 0
    keypoints = torch.cat([label.keypoints for label in labels])
    assert torch.equal(truth.keypoints[visible], keypoints[visible])
    assert torch.equal(truth.visible, visible.float())


def test_samples_of_another_number_of_keypoints():
    with pytest.raises(InputError, match='data set has 2 keypoints, model.head'
                       '.metainfo 17'):
        GroundTruth.from_samples(people((1, ), num_keypoints=2), 17)
