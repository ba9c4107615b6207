"""What a list of the administration was asked for in its address: a search is no secret and can be bookmarked."""

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, parse_params

_LIMIT_CHARS = 300


def query_in(text: str) -> Params:
    """The parameters of the address. What no list could mean counts as nothing."""
    try:
        return parse_params(text, limit_bytes=4096)
    except InvalidRequest:
        return parse_params("")


def one(query: Params, name: str) -> str:
    """A parameter without the spaces around it; empty: not given."""
    text = (query.get(name) or "").strip()
    return text if len(text) <= _LIMIT_CHARS else ""
