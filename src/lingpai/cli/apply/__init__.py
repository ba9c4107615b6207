"""``lingpai apply FILE``: bring clients, accounts, permissions and resource servers to what a file says.

``document`` reads the file, ``check`` judges it, ``difference`` compares it with what is stored, ``plan`` calls them in
that order, ``write`` writes all of it or nothing. ``command`` is what people run.
"""
