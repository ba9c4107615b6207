"""``make bench``: this server, a bare HTTP server and a peer under the same load in one run; see ``README.md``."""
