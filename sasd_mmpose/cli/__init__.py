"""The command ``sasd``; each subcommand is a module with the same functions.

- ``add_arguments(parser)`` says what the command line takes.
- ``run(args)`` does it, and returns the exit status or None for 0.

Neither torch nor an OpenMMLab package is imported before ``run`` needs it.
"""
