"""Which URLs may be asked, and which addresses are the Internet's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.outbound.address import is_loopback, is_public, parse_target


@pytest.mark.parametrize(
    ("url", "host", "port", "authority"),
    [
        ("https://keys.example/jwks.json", "keys.example", 443, "keys.example"),
        ("https://KEYS.example:8443/a/b?p=1&q=%20", "keys.example", 8443, "keys.example:8443"),
        ("https://keys.example", "keys.example", 443, "keys.example"),
        ("https://keys.example?p=1", "keys.example", 443, "keys.example"),
        ("https://93.184.215.14/jwks", "93.184.215.14", 443, "93.184.215.14"),
        ("https://[2606:2800:21f::1]:444/", "2606:2800:21f::1", 444, "[2606:2800:21f::1]:444"),
        ("https://xn--fsq.example/", "xn--fsq.example", 443, "xn--fsq.example"),
        ("http://localhost:3000/jwks", "localhost", 3000, "localhost:3000"),
        ("http://127.0.0.1:3000/jwks", "127.0.0.1", 3000, "127.0.0.1:3000"),
        ("http://[::1]:3000/jwks", "::1", 3000, "[::1]:3000"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, authority: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.authority) == (host, port, authority)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://keys.example/", id="http"),
        pytest.param("HTTPS://keys.example/", id="upper-case scheme"),
        pytest.param("ftp://keys.example/", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("gopher://127.0.0.1:6379/_", id="gopher"),
        pytest.param("//keys.example/", id="no scheme"),
        pytest.param("https:keys.example", id="no slashes"),
        pytest.param("https:///jwks", id="no host"),
        pytest.param("https://user@keys.example/", id="user name"),
        pytest.param("https://keys.example@127.0.0.1/", id="host as user name"),
        pytest.param("https://keys.example/#a", id="fragment"),
        pytest.param("https://keys.example\\@127.0.0.1/", id="backslash"),
        pytest.param("https://keys.example/a b", id="space"),
        pytest.param("https://keys.example/\n", id="line break"),
        pytest.param("https://keys.example/\r\nHost: a", id="header injection"),
        pytest.param("https://keys.example/é", id="not ASCII"),
        pytest.param("https://2130706433/", id="decimal address"),
        pytest.param("https://0x7f000001/", id="hexadecimal address"),
        pytest.param("https://0x7f.1/", id="hexadecimal parts"),
        pytest.param("https://017700000001/", id="octal address"),
        pytest.param("https://0177.0.0.1/", id="octal part"),
        pytest.param("https://127.1/", id="short address"),
        pytest.param("https://127.0.0.1.nip.0x7f/", id="last label a number"),
        pytest.param("https://127.0.0.1./", id="address with a dot at the end"),
        pytest.param("https://localhost./", id="name with a dot at the end"),
        pytest.param("https://a..b/", id="empty label"),
        pytest.param("https://-a.example/", id="hyphen first"),
        pytest.param("https://[127.0.0.1]/", id="IPv4 in brackets"),
        pytest.param("https://[fe80::1%25eth0]/", id="zone"),
        pytest.param("https://[::1/", id="open bracket"),
        pytest.param("https://keys.example:0/", id="port 0"),
        pytest.param("https://keys.example:65536/", id="port too large"),
        pytest.param("https://keys.example:443:1/", id="two ports"),
        pytest.param("https://" + "a" * 64 + ".example/", id="long label"),
        pytest.param("https://" + "a." * 130 + "example/", id="long name"),
        pytest.param("https://keys.example/" + "a" * 2048, id="long URL"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_target(url)


@given(st.text(max_size=60))
def test_any_text_is_refused_or_read(text: str) -> None:
    for url in (text, f"https://{text}", f"http://{text}"):
        try:
            target = parse_target(url)
        except ValueError:
            continue
        assert target.scheme == "https" or is_loopback(target.host)


@pytest.mark.spec("RFC 6890", "2.2", "only addresses that are globally reachable are public")
@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("8.8.8.8", True),
        ("2606:2800:21f::1", True),
        ("0.0.0.0", False),  # noqa: S104 - what an attacker writes
        ("0.1.2.3", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("172.31.255.255", False),
        ("192.0.0.192", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::1.2.3.4", False),
        ("::ffff:0:8.8.8.8", False),
        ("100::1", False),
        ("2001::1", False),
        ("2001:db8::1", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("4000::1", False),
    ],
)
def test_public_addresses_are_the_internets(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.spec("RFC 6052", "2.1", "an address that embeds an IPv4 address is judged as that")
@pytest.mark.parametrize("wrapping", ["::ffff:{}", "64:ff9b::{}", "2002:{hex}::1"])
@pytest.mark.parametrize(
    ("inner", "hex_digits", "public"),
    [
        ("8.8.8.8", "0808:0808", True),
        ("127.0.0.1", "7f00:0001", False),
        ("10.0.0.1", "0a00:0001", False),
        ("169.254.169.254", "a9fe:a9fe", False),
    ],
)
def test_a_wrapped_address_is_judged_by_what_it_wraps(wrapping: str, inner: str, hex_digits: str, public: bool) -> None:
    assert is_public(wrapping.format(inner, hex=hex_digits)) is public


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_name(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "0.0.0.0", "::", "", "127.0.0.1.example"])  # noqa: S104 - what an attacker writes
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_loopback(host)
