"""The rows of the paper's tables, each as changes to one config.

A row is ``name: dict(title, paper_ap, overrides, remove)``: what the paper
prints is AP on COCO val2017 at 512, in percent (Fan et al., IEEE Transactions
on Multimedia 26, 2024); overrides are written as for ``--cfg-options``; keys
to remove are taken out first. In full they change configs/sasd_xs_coco.py, in
small mini.py beside this file.
"""
from __future__ import annotations

# One resolution, no twin: the deployed net with its losses.
ONE_RESOLUTION = {'model.type': 'BottomupPoseEstimator'}
NO_TWIN = ('model.loss_distill', )


def batch_scale(low: float, high: float) -> dict:
    """Train one resolution on batches of `low` to `high` times its size."""
    augment = dict(type='BatchRandomScale', scale_range=(low, high))
    return {
        **ONE_RESOLUTION,
        'model.data_preprocessor.batch_augments': [augment],
        'custom_imports.imports': [
            'sasd_mmpose.registration', 'projects.paper_tables.variants'],
    }


NO_SKELETON = {'model.head.criterion.loss_skeleton': None}
NO_DISTILLATION = {'model.loss_distill': None}

SUITES = {
    'table3': dict(
        title='Table III: training strategies',
        rows={
            'baseline': dict(
                title='Baseline', paper_ap=40.3,
                overrides=ONE_RESOLUTION, remove=NO_TWIN),
            # Each batch at a size of its own.
            'random_scale': dict(
                title='Random scale', paper_ap=39.5,
                overrides=batch_scale(0.5, 1.5), remove=NO_TWIN),
            # The very input that SASD's twin gets.
            'high_resolution': dict(
                title='High resolution', paper_ap=40.5,
                overrides=batch_scale(2, 2), remove=NO_TWIN),
            'sasd': dict(title='SASD', paper_ap=44.1),
            'sasd_wo_weight_sharing': dict(
                title='SASD without weight sharing', paper_ap=42.3,
                overrides={'model.weight_sharing': False}),
            'sasd_wo_auxiliary_level': dict(
                title='SASD without auxiliary level', paper_ap=43.2,
                overrides={'model.aux_level': False}),
            # P'_i, at half its size, teaches P_i.
            'direct_distillation': dict(
                title='Direct distillation', paper_ap=39.3,
                overrides={'model.type': 'DirectDistiller'}),
        }),
    'table4': dict(
        title='Table IV: losses, both twins trained',
        rows={
            'oks': dict(
                title='OKS', paper_ap=40.6,
                overrides={**NO_DISTILLATION, **NO_SKELETON}),
            'oks_skeleton': dict(
                title='OKS + skeleton', paper_ap=41.7,
                overrides=NO_DISTILLATION),
            'oks_distillation': dict(
                title='OKS + distillation', paper_ap=43.6,
                overrides=NO_SKELETON),
            'oks_skeleton_distillation': dict(
                title='OKS + skeleton + distillation', paper_ap=44.1),
        }),
    # Without distillation, as the paper's figures say: they are Table IV's.
    'table5': dict(
        title='Table V: normalization of the skeleton loss',
        rows={
            'baseline': dict(
                title='Baseline', paper_ap=40.6,
                overrides={**NO_DISTILLATION, **NO_SKELETON}),
            'normalized_skeleton': dict(
                title='Normalized skeleton loss', paper_ap=41.7,
                overrides=NO_DISTILLATION),
            # Lengths in grid cells, whatever the size of the person.
            'unnormalized_skeleton': dict(
                title='Skeleton loss without normalization', paper_ap=38.8,
                overrides={
                    **NO_DISTILLATION,
                    'model.head.criterion.loss_skeleton.normalize': False,
                }),
        }),
    'table6': dict(
        title='Table VI: components',
        rows={
            'baseline': dict(
                title='Baseline', paper_ap=40.3,
                overrides=ONE_RESOLUTION, remove=NO_TWIN),
            # Trained as SASD; the auxiliary level stays at inference.
            'sasd_unpruned': dict(
                title='SASD', paper_ap=43.8,
                overrides={'model.pruned_inference': False}),
            'sasd_pruned': dict(title='SASD, pruned inference', paper_ap=44.1),
        }),
    'open-questions': dict(
        title='What the paper leaves open',
        rows={
            'default': dict(title='As it is by default'),
            # The norm of each image's difference, not its mean square.
            'l2_norm': dict(
                title='Eq. 1 with the L2 norm of a map',
                overrides={'model.loss_distill.distance': 'l2'}),
            # P'_(i+1) goes through the head of P_i.
            'heads_by_position': dict(
                title='Heads shared by position',
                overrides={'model.heads_by_position': True}),
            'statistics_apart': dict(
                title='Batch-norm statistics of the base resolution alone',
                overrides={'model.shared_statistics': False}),
            'teacher_gradient': dict(
                title='Gradient through the teacher',
                overrides={'model.loss_distill.detach_teacher': False}),
            'gains_times_10': dict(
                title='Ten times alpha and beta',
                overrides={
                    'model.head.criterion.loss_oks.loss_weight': 1.0,
                    'model.head.criterion.loss_skeleton.loss_weight': 1.0,
                }),
            # 0.02 of the mean square is a small pull.
            'gamma_times_10': dict(
                title='Ten times gamma',
                overrides={'model.loss_distill.loss_weight': 0.2}),
        }),
}
