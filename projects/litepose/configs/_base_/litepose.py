# LitePose's own recipe ("normal training"): Adam at 4e-3, stepped down after
# 350 and 480 of 500 epochs, 16 images per GPU. Its yaml names a weight decay
# of 1e-4, which its code does not pass on to Adam.
max_epochs = 500

train_cfg = dict(
    type='PoseTrainLoop', max_epochs=max_epochs, val_interval=10)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=4e-3))
param_scheduler = [
    dict(
        type='MultiStepLR', milestones=[350, 480], gamma=0.1,
        end=max_epochs)
]
custom_hooks = [
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
    dict(type='SkippedImagesHook'),
]

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(type='LitePoseBackbone'),
    head=dict(
        type='LitePoseHead',
        keypoint_loss=dict(type='KeypointMSELoss'),
        # MMPose halves the push loss, as the recipe does.
        tag_loss=dict(type='AssociativeEmbeddingLoss', loss_weight=0.001)),
    test_cfg=dict(flip_test=True))
