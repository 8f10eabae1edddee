"""What an operator may tune, and what happens when a value cannot be used."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import settings
from chalicelib.settings import Settings, SettingsError

NUMBERS = {
    each.name: (each.metadata["lowest"], each.metadata["highest"])
    for each in dataclasses.fields(Settings)
    if "lowest" in each.metadata
}
CHOICES = {
    each.name: each.metadata["choices"] for each in dataclasses.fields(Settings) if "choices" in each.metadata
}
README = Path(__file__).parents[2] / "README.md"
every_number = pytest.mark.parametrize("name", NUMBERS)
every_choice = pytest.mark.parametrize("name", CHOICES)


def test_nothing_need_be_set() -> None:
    assert settings.read({}) == Settings()


def test_a_variable_is_the_fields_name_in_upper_case() -> None:
    assert settings.read({"OPERATOR_NAME": "Głos Polski"}).operator_name == "Głos Polski"
    assert settings.read({"operator_name": "Głos Polski"}).operator_name == Settings().operator_name


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [each.name.upper() for each in dataclasses.fields(Settings)]
    assert settings.read(dict.fromkeys(names, "")) == Settings()
    assert settings.read(dict.fromkeys(names, "  ")) == Settings()


def test_spaces_around_a_value_do_not_count() -> None:
    assert settings.read({"RESET_LINK_MINUTES": " 30 "}).reset_link_minutes == 30


@every_number
def test_a_number_may_be_anything_in_its_range(name: str) -> None:
    for value in NUMBERS[name]:
        assert getattr(settings.read({name.upper(): str(value)}), name) == value


@every_number
def test_a_number_outside_its_range_is_refused_and_the_error_says_what_it_may_be(name: str) -> None:
    lowest, highest = NUMBERS[name]
    for value in (lowest - 1, highest + 1):
        with pytest.raises(SettingsError) as refusal:
            settings.read({name.upper(): str(value)})
        assert str(refusal.value) == (
            f"{name.upper()} must be a whole number from {lowest} to {highest}, not '{value}'"
        )


@every_number
def test_what_is_no_whole_number_is_refused(name: str) -> None:
    for text in ("many", "1.5", "-1", "1e1", "0x10", "1_0", "+5", "²", "5 minutes"):
        with pytest.raises(SettingsError, match=f"^{name.upper()} must be a whole number"):
            settings.read({name.upper(): text})


@every_number
def test_the_default_of_a_number_is_in_its_range(name: str) -> None:
    lowest, highest = NUMBERS[name]
    assert lowest <= getattr(Settings(), name) <= highest


@every_choice
def test_every_choice_is_taken_and_the_first_is_the_default(name: str) -> None:
    assert getattr(Settings(), name) == CHOICES[name][0]
    for value in CHOICES[name]:
        assert getattr(settings.read({name.upper(): value}), name) == value


@every_choice
def test_what_is_not_among_the_choices_is_refused_and_the_error_names_them(name: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings.read({name.upper(): "perhaps"})
    assert str(refusal.value) == f"{name.upper()} must be one of {', '.join(CHOICES[name])}, not 'perhaps'"


def test_links_have_one_slash_between_the_panels_address_and_the_page() -> None:
    for typed in ("https://panel.example", "https://panel.example/", "https://panel.example//"):
        assert settings.read({"PANEL_URL": typed}).panel_url == "https://panel.example"


def test_the_defaults_are_those_of_the_design() -> None:
    defaults = Settings()
    assert defaults.unknown_user == "reveal"
    assert defaults.default_language == "pl"
    assert defaults.reset_link_lifetime == timedelta(minutes=60)
    assert defaults.confirm_link_lifetime == timedelta(hours=24)
    assert defaults.session_idle_lifetime == timedelta(hours=12)
    assert defaults.session_max_lifetime == timedelta(days=30)
    assert (defaults.resets_per_identifier_per_hour, defaults.resets_per_network_per_hour) == (3, 20)
    assert (defaults.mails_per_recipient_per_hour, defaults.mail_interval_minutes) == (5, 15)
    assert (defaults.argon2_memory_kib, defaults.argon2_passes) == (19456, 2)


@pytest.mark.parametrize("text", ["600000000-600999999", "100-100", "999999999999999-999999999999999"])
def test_a_range_of_numbers_is_two_numbers_of_one_length(text: str) -> None:
    first, last = map(int, text.split("-"))
    numbers = settings.read({"SIP_NUMBER_RANGE": text}).sip_numbers
    assert (numbers[0], numbers[-1], len(numbers)) == (first, last, last - first + 1)


@pytest.mark.parametrize(
    "text",
    [
        "600000000",
        "600000000-",
        "-600000000",
        "600999999-600000000",
        "99-100",
        "10-99",
        "0100-0199",
        "1000000000000000-1000000000000001",
        "600000000 - 600999999",
        "600000000\N{EN DASH}600999999",
        "+48600000000-+48600999999",
        "60000000a-60099999a",
        "٦٠٠-٦٩٩",
        "100-199,300-399",
        "100-199\n300-399",
    ],
)
def test_what_is_no_range_of_numbers_is_refused_and_the_error_shows_one(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings.read({"SIP_NUMBER_RANGE": text})
    assert str(refusal.value) == (
        f"SIP_NUMBER_RANGE must be like 600000000-600999999: two numbers of one length, not {text!r}"
    )


@pytest.mark.parametrize("colour", ["#0b4fa8", "#0B4FA8", "#000000", "#ffffff"])
def test_a_colour_is_six_hex_digits_in_either_case(colour: str) -> None:
    assert settings.read({"BRAND_COLOUR": f" {colour} "}).brand_colour == colour


@pytest.mark.parametrize(
    "text",
    [
        "0b4fa8",
        "#0b4",
        "#0b4fa80",
        "#0b4fa8ff",
        "#0b4fag",
        "# b4fa8",
        "##b4fa8",
        "navy",
        "rgb(11, 79, 168)",
        "#٠٠٠٠٠٠",
        "#0b4fa8; } body { display: none",
        "#0b4fa8\n#0b4fa8",
    ],
)
def test_what_is_no_colour_is_refused_and_the_error_shows_one(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings.read({"BRAND_COLOUR": text})
    assert str(refusal.value) == f"BRAND_COLOUR must be like #0b4fa8: # and six hex digits, not {text!r}"


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda setting: setting.name)
def test_the_readme_has_a_row_with_the_default_and_the_range_of_a_setting(
    setting: dataclasses.Field[object],
) -> None:
    if "lowest" in setting.metadata:
        allowed = f"{setting.metadata['lowest']} to {setting.metadata['highest']}"
    else:
        allowed = ", ".join(setting.metadata.get("choices", ()))
    if "range_of_numbers" in setting.metadata:
        allowed = "two numbers of one length"
    if "highest_amount" in setting.metadata:
        allowed = f"0.00 to {setting.metadata['highest_amount']}"
    if "colour" in setting.metadata:
        allowed = "# and six hex digits"
    if "hours" in setting.metadata:
        allowed = "two hours of the day"
    start = f"| `{setting.name.upper()}` | {setting.default} | {allowed}".rstrip()
    [row] = [line for line in README.read_text().splitlines() if line.startswith(f"{start} |")]
    assert len(row.split("|")) == 6


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.settings.cache_clear()
    try:
        monkeypatch.setenv("SESSION_HOURS", "5")
        assert settings.settings().session_hours == 5
        monkeypatch.setenv("SESSION_HOURS", "6")
        assert settings.settings().session_hours == 5
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()
