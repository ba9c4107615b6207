"""The photo service: a resource server whose albums are behind ``lingpai.guard``."""
