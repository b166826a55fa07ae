_base_ = '../table3/sasd.py'
