"""Who is asking: the language they want, the network they are in."""

from collections.abc import Iterator

import pytest

from chalicelib.settings import settings
from tests.unit.accounts.people import logged_in, settled
from tests.unit.clients import Customer


def answered_in(accept_language: str) -> str:
    """The language of a refusal to whoever sends this Accept-Language."""
    answer = Customer(headers={"accept-language": accept_language}).post("/v1/accounts/confirm", token="ż")
    return answer.headers["Content-Language"]


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("pl", "pl"),
        ("en", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7", "pl"),
        ("en;q=0.1, pl", "pl"),
        ("en;q=0.1, pl;q=0.2", "pl"),
        ("pl;q=0.999,en;q=1.000", "en"),
        ("en, pl", "en"),
        ("de, fr;q=0.9, en;q=0.1", "en"),
        ("en ; q=0.5 ,\tpl ; q=0.4", "en"),
        ("en;Q=0.3,pl;Q=0.2", "en"),
    ],
)
def test_the_language_wanted_most_is_spoken(accept_language: str, language: str) -> None:
    assert answered_in(accept_language) == language


@pytest.mark.parametrize(
    "accept_language",
    [
        "",
        "*",
        "de",
        "plt",
        "english",
        "en;q=0",
        "en;q=0.000",
        "en;q=",
        "en;q=x",
        "en;level=1",
        ";q=1",
        ",,,",
        "ęn",
    ],
)
def test_where_no_language_of_ours_is_wanted_the_operators_is_spoken(accept_language: str) -> None:
    assert answered_in(accept_language) == "pl"


@pytest.fixture
def english_operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DEFAULT_LANGUAGE", "en")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("english_operator")
def test_the_operators_language_is_a_setting() -> None:
    assert answered_in("de") == "en"
    assert answered_in("de, pl;q=0.1") == "pl"


def test_a_header_made_to_be_slow_to_read_is_read_at_once() -> None:
    assert answered_in("pl" + " " * 5000 + "x," + "en-" + "a" * 5000 + ";") == "pl"


NETWORKS = {
    "198.51.100.7": "198.51.100.0/24",
    "198.51.101.255": "198.51.101.0/24",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "2001:db8:2:ffff::": "2001:db8:2::/48",
    "::ffff:198.51.102.7": "198.51.102.0/24",
    "::ffff:c633:6707": "198.51.103.0/24",
    "::1": "::/48",
}


def test_a_caller_counts_as_their_network(customer: Customer) -> None:
    settled("jan")
    for ip in NETWORKS:
        jan = logged_in("jan", ip=ip)
    sessions = jan.get("/v1/sessions").json["sessions"]
    assert {each["network"] for each in sessions} == set(NETWORKS.values())


def test_whoever_claims_to_be_elsewhere_is_throttled_where_they_are(customer: Customer) -> None:
    claims = ["203.0.113.9", "203.0.113.9, 10.0.0.1", "unknown", "for=203.0.113.9"]
    headers = ["x-forwarded-for", "X-Forwarded-For", "forwarded", "x-real-ip", "cf-connecting-ip"]
    for header, claim in zip(headers, [*claims, "203.0.113.7"], strict=True):
        assert Customer(headers={header: claim}).log_in("jan").status == 401
    assert Customer(headers={"x-forwarded-for": "192.0.2.1"}).log_in("jan").status == 429
    assert Customer(ip="203.0.113.9").log_in("jan").status == 401


def test_the_same_network_in_other_clothes_is_throttled_the_same(customer: Customer) -> None:
    for ip in ("198.51.100.1", "198.51.100.2", "::ffff:198.51.100.3", "198.51.100.4", "198.51.100.5"):
        assert Customer(ip=ip).log_in("jan").status == 401
    assert Customer(ip="::ffff:198.51.100.6").log_in("jan").status == 429


def test_a_very_long_name_of_a_browser_is_kept_short(customer: Customer) -> None:
    settled("jan")
    [session] = logged_in("jan", user_agent="ż" * 8000).get("/v1/sessions").json["sessions"]
    assert session["user_agent"] == "ż" * 200
