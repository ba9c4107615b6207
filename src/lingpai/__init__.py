"""Lingpai (令牌): an OAuth 2.x and OpenID Connect authorization server, guard and client.

Importing this package imports nothing else; pick the role you need: ``lingpai.server``, ``lingpai.guard``,
``lingpai.client``.
"""

__version__ = "0.1.0"
