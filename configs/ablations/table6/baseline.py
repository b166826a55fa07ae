_base_ = '../table3/baseline.py'
