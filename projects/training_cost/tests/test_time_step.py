"""The tool that times a training step tells two steps apart by time alone."""
from __future__ import annotations

from small_nets import training_cfg
from tool_loader import load_tool

time_step = load_tool('projects.training_cost.time_step')


def test_both_steps_are_timed_and_have_the_same_gradient(tmp_path):
    cfg = training_cfg(tmp_path, name='sasd_xs_pose_mix')
    cfg.model.backbone.init_cfg = None
    result = time_step.measure(cfg, rounds=1)
    assert result['batch'] == 2 and result['input'] == [64, 64]
    for precision, error in ('float32', 0.01), ('bfloat16', 2.0):
        for step in 'plain', 'fast':
            assert result[precision][step]['ms_per_image'] > 0
            assert result[precision][step]['gradient_error'] < error
    assert result['float32']['plain']['gradient_error'] == 0
    assert result['bfloat16']['plain']['gradient_error'] > 0
