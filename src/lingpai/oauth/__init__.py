"""The vocabulary that server, guard and client share: errors, parameters, scopes, PKCE, redirect URIs, documents.

Pure: no clock, no I/O. Import from the modules.
"""
