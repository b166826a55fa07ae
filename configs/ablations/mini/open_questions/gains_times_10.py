# Ten times the paper's alpha and beta.
_base_ = '../../_base_/mini.py'

model = dict(
    head=dict(
        criterion=dict(
            loss_oks=dict(loss_weight=1.0), loss_skeleton=dict(loss_weight=1.0))))
