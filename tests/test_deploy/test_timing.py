"""The maps that are timed hold the people that they claim."""
from __future__ import annotations

import numpy as np
import pytest
from test_description import DESCRIPTION

from sasd_mmpose.deploy.decoding import PoseDecoder, sigmoid
from sasd_mmpose.deploy.description import Thresholds
from sasd_mmpose.deploy.timing import plant_people


@pytest.mark.parametrize('people', [0, 1, 10])
def test_planted_people_are_found(people):
    size = (1024, 1024)
    maps = plant_people(DESCRIPTION, size, people)
    assert [m.shape for m in maps] == [
        DESCRIPTION.map_shape(output, size) for output in DESCRIPTION.outputs]
    poses = PoseDecoder(DESCRIPTION, Thresholds())(maps)
    assert len(poses.scores) == people
    # Nine predictions of each, so that there is something to suppress.
    objectness = np.concatenate([
        m.reshape(3, -1, *m.shape[1:])[:, 4].ravel() for m in maps])
    assert (sigmoid(objectness) > 0.3).sum() == 9 * people


def test_too_many():
    with pytest.raises(ValueError, match='have no place'):
        plant_people(DESCRIPTION, (64, 64), 50)
