"""The developer portal without its pages: teams, their applications, the review of them, what is told about refusals.

Owns what may become of an application and who may do it. Leaves rows to ``storage``, pages to ``web``. The client
record stays the only truth for the protocol: everything decided here ends in it.
"""
