"""Keys, signatures, sealing and digests. Bytes in, bytes out: no clock, no I/O, no knowledge of OAuth.

Import from the modules: ``b64``, ``digest``, ``seal``, ``jwk``, ``jws``, ``jwt``.
"""
