"""A device is named as people call it, by what its browser says of itself."""

import pytest

from chalicelib.web.panel.devices import described

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE_KIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X)"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9)"
CHROME = f"{KIT} Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{WINDOWS} {CHROME}", "Chrome, Windows"),
        (f"{WINDOWS} {CHROME} Edg/141.0.0.0", "Edge, Windows"),
        (f"{ANDROID} {CHROME} EdgA/141.0.0.0", "Edge, Android"),
        (f"{IPHONE} {PHONE_KIT} Version/18.0 EdgiOS/141.0 Mobile/15E148 Safari/605.1.15", "Edge, iPhone"),
        (f"{WINDOWS} {CHROME} OPR/125.0.0.0", "Opera, Windows"),
        (
            f"{ANDROID} {KIT} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
            "Firefox, Windows",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox, Android"),
        (f"{IPHONE} {PHONE_KIT} FxiOS/144.0 Mobile/15E148 Safari/605.1.15", "Firefox, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (f"{IPHONE} {PHONE_KIT} CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome, iPhone"),
        (f"{IPHONE} {PHONE_KIT} Version/18.1 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        (f"{IPAD} {PHONE_KIT} Version/16.6 Mobile/15E148 Safari/604.1", "Safari, iPad"),
        (f"{MAC} {PHONE_KIT} Version/18.1 Safari/605.1.15", "Safari, Mac"),
        (f"{MAC} {CHROME}", "Chrome, Mac"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", "Chrome, ChromeOS"),
        ("Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer, Windows"),
        ("NewBrowser/1.0 (Linux; Android 17)", "Android"),
        ("Firefox/200.0", "Firefox"),
    ],
)
def test_a_browser_and_its_device_are_named(user_agent: str, name: str) -> None:
    assert described(user_agent) == name


@pytest.mark.parametrize("user_agent", ["", "curl/8.9", "firefox", "\0", "<script>", "x" * 10_000])
def test_what_is_not_known_has_no_name(user_agent: str) -> None:
    assert described(user_agent) is None
