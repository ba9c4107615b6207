"""One module for each platform: its addresses, names and habits as a ``Platform``, and code only where data will not
do.

Every docstring says how sure we are: *documented* by the platform, *seen* in its answers or in clients that work with
it, or *not verified*. To add a platform, copy the nearest one and list it in ``registry``.
"""
