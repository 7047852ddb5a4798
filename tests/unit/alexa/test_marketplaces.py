import pytest

from agent.alexa.marketplaces import MARKETPLACES, SIGN_IN_HOSTS, find, of_host
from agent.errors import ConfigError


def test_a_row_names_its_three_hosts() -> None:
    """Retail, alexa and api host follow from the top-level domain."""
    row = find("amazon.co.uk")
    assert (row.retail_host, row.alexa_host, row.api_host) == (
        "www.amazon.co.uk",
        "alexa.amazon.co.uk",
        "api.amazon.co.uk",
    )
    assert (row.cookie_domain, row.locale) == (".amazon.co.uk", "en-GB")


@pytest.mark.parametrize("name", MARKETPLACES)
def test_the_allow_list_is_the_row_and_the_sign_in_hosts(name: str) -> None:
    """Nothing but the own row and three global hosts may ever be connected with."""
    row = find(name)
    assert row.hosts() == {row.retail_host, row.alexa_host, row.api_host} | SIGN_IN_HOSTS


def test_an_unknown_marketplace_gets_a_proposal() -> None:
    """A typing mistake is answered with the nearest name."""
    with pytest.raises(ConfigError) as caught:
        find("amazn.de")
    assert "amazon.de" in caught.value.next_step


def test_the_name_is_read_leniently() -> None:
    """Case and outer spaces do not matter."""
    assert find(" Amazon.DE ") is find("amazon.de")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://www.amazon.de", "amazon.de"),
        ("www.amazon.co.jp/", "amazon.co.jp"),
        ("amazon.in", "amazon.in"),
    ],
)
def test_a_host_finds_its_row(text: str, name: str) -> None:
    """Amazon names a marketplace by an address or a host."""
    assert of_host(text) is find(name)


@pytest.mark.parametrize("text", ["https://www.amazon.de.example", "http://www.amazon.de", "", "example.org"])
def test_a_strange_host_finds_none(text: str) -> None:
    """Only a host of the table is one."""
    assert of_host(text) is None
