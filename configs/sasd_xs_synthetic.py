# XS and its twin, by epochs, on people drawn by a program: it shows that everything
# works, not how good the method is. `make demo` trains sasd_xs_demo.py.
_base_ = ['./_base_/synthetic_people.py', './_base_/schedules/adamw_demo.py']
