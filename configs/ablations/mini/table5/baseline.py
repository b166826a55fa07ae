# Without distillation, as the figures of the paper say: they are Table IV's.
_base_ = '../table4/oks.py'
