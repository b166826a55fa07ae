_base_ = '../table4/oks_skeleton.py'
