"""Everything that outlives a request: records, one repository per entity, and the driver seam under them.

Nothing is stored per token (docs/decisions/0001). Repositories own their SQL; which database runs it is known to
``wiring`` alone.
"""
