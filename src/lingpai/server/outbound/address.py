"""Which URLs may be asked and which IP addresses are public. Pure: names are resolved elsewhere.

The rule is a list of what is allowed: deny-lists of internal addresses fail again and again (CVE-2024-49753,
CVE-2025-67494, CVE-2026-27945).

Spec: RFC 6890 §2.2; RFC 6052 §2.1
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

_URL_LIMIT_CHARS = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:[/?][!$-;=?-Z_a-z~]*)?"
)
# The last label begins with a letter: 2130706433, 0x7f.1 and 017700000001 are addresses to a resolver, not names.
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME_LIMIT_CHARS = 253

# Python's own tables miss these.
_NOT_PUBLIC_V4 = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
_UNICAST_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class Target(Struct, frozen=True):
    """A URL that may be asked, taken apart. Its host may still resolve to an address that may not."""

    url: str
    scheme: str
    host: str
    """A name or an IP address, without brackets."""
    port: int
    authority: str
    """For the ``Host`` header."""


def parse_target(url: str) -> Target:
    """The parts of an https URL, or of an http one to this machine; ``ValueError`` for everything else.

    Only characters no two URL parsers disagree about; no user name, no fragment, no number that only some take for an
    address.
    """
    found = _URL.fullmatch(url) if len(url) <= _URL_LIMIT_CHARS else None
    if found is None:
        raise ValueError("must be an https address such as https://example.com/jwks.json")
    scheme, host = found["scheme"], found["host"].lower().removeprefix("[").removesuffix("]")
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if port > 65_535 or not (_is_name(found["host"].lower()) or is_address(host)):
        raise ValueError("must have a host name, or an IP address in its usual form")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("must be https")
    authority = found["host"].lower() + (f":{found['port']}" if found["port"] else "")
    return Target(url, scheme, host, port, authority)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name."""
    return host == "localhost" or (is_address(host) and _unwrapped(ip_address(host)).is_loopback)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the Internet at large. One that carries another counts as what it carries."""
    ip = _unwrapped(ip_address(address))
    if ip.is_multicast or not ip.is_global:
        return False
    if isinstance(ip, IPv6Address):
        return ip in _UNICAST_V6
    return not any(ip in network for network in _NOT_PUBLIC_V4)


def is_address(host: str) -> bool:
    """Whether a host is an IP address in its usual form."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    return len(host) <= _NAME_LIMIT_CHARS and _NAME.fullmatch(host) is not None


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
