"""Registered names are spelled as registered."""

from lingpai.oauth import names


def test_a_name_is_spelled_as_its_constant_or_is_a_registered_urn() -> None:
    spelled = {name: value for name, value in vars(names).items() if name.isupper()}
    assert spelled
    for name, value in spelled.items():
        bare = name.removeprefix("AUTH_METHOD_").lower()
        assert value.lower() == bare or value.startswith("urn:ietf:params:oauth:grant-type:" + bare[:3])
