# What `make demo` trains: ten minutes by the clock, whatever the machine, on people
# drawn by a program. It starts from the published net, which has seen photographs,
# as a training on data of one's own does. The rate falls over the second half of the
# time, and the twin takes part in the last third. It shows that everything works,
# not how good the method is.
_base_ = ['./_base_/synthetic_people.py', './_base_/schedules/muon.py']

minutes = 10
base_lr = 4e-3
load_from = ('weights/sasd_xs_pose_mix/'
             'sasd_xs_pose_mix_fp16-9fbb0e47.pth')

model = dict(
    # Statistics stay those of many photographs.
    backbone=dict(
        norm_eval=True,
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1, inplace=True)))

train_cfg = dict(type='PoseTrainLoop', max_epochs=10000, val_interval=10)
auto_scale_lr = dict(base_batch_size=8)
param_scheduler = None
optim_wrapper = dict(optimizer=dict(lr=base_lr))
custom_hooks = [
    dict(type='ClockScheduleHook', minutes=minutes),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=2e-3,
        gamma=300,
        update_buffers=True,
        strict_load=False,
        priority='ABOVE_NORMAL'),
    dict(type='FastBackboneHook'),
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
]

# Short epochs: the clock acts between two of them.
train_dataloader = dict(
    batch_size=16,
    sampler=dict(_delete_=True, type='ShareSampler', shares=[0.2]))
