"""A service's APIs as the setting ``openapi`` names them."""

from collections.abc import Mapping

from lingpai.dialects.openapi import OpenApiCall, OpenApiEndpoint, OpenApiRefused


async def get_greeting(call: OpenApiCall) -> Mapping[str, object]:
    """Greets whoever calls, or refuses."""
    if call.params.get("name") == "nobody":
        raise OpenApiRefused(3902, "no such person")
    files = {name: len(upload.content) for name, upload in call.files.items()}
    sent = {name: call.params.get(name) for name in call.params}
    return {"greeting": f"<你好> {call.caller.username}", "sent": sent, "files": files}


ENDPOINTS = [
    OpenApiEndpoint(path="/hello/get_greeting", answer=get_greeting),
    OpenApiEndpoint(
        path="/hello/send", answer=get_greeting, permission="get_greeting", methods=("POST",), upload_limit_bytes=1000
    ),
]
NO_ENDPOINTS = ["get_greeting"]
