# XS and its twin in about ten minutes on two CPU cores (tools/demo.py), on
# people drawn by a program: it shows that everything works, not how good the
# method is.
_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_xs.py',
    './_base_/schedules/adamw_demo.py', './_base_/pipelines/input_128.py',
    './_base_/data/synthetic.py'
]

# Fitted to 200 pictures of the training set (tools/fit_anchors.py).
anchors = [[[24, 52], [31, 70], [44, 59]],
           [[79, 35], [46, 79], [38, 101]],
           [[116, 50], [54, 113], [69, 88]]]

model = dict(head=dict(anchors=anchors))
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=1, max_keep_ckpts=1, save_best=None))
log_processor = dict(window_size=10)
randomness = dict(seed=0)

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
