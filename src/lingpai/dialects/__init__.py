"""Wire formats of the token endpoint, both ways: the server writes them, the client reads them.

Pure codecs; the flow underneath does not know which one is in use. Import from the modules.
"""
