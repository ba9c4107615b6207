"""QQ Connect's endpoints: the same accounts, grants and tokens as under ``/oauth2``, in the dialect of ``dialects.qq``.

Only clients an operator marked for the dialect are served.
"""
