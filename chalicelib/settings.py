"""What an operator may tune: environment variables, read once, checked, with a default for each.

The environment's names are the upper-case field names; the template's parameters are the same
names in CamelCase (a test holds the two together).
"""

import dataclasses
import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib import money

# Digits only, as SIP devices take them; E.164 allows no more than 15.
_RANGE_OF_NUMBERS = re.compile(r"([1-9][0-9]{2,14})-([1-9][0-9]{2,14})")

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")

_QUIET_HOURS = re.compile(r"([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])")


class SettingsError(ValueError):
    """A setting in the environment cannot be used; the message names it and says what it may be."""


def _whole_number(default: int, lowest: int, highest: int) -> Any:
    return field(default=default, metadata={"lowest": lowest, "highest": highest})


def _amount(default: str, highest: str) -> Any:
    return field(default=default, metadata={"highest_amount": highest})


def _one_of(*choices: str) -> Any:
    return field(default=choices[0], metadata={"choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings, with the defaults of the design; durations carry their unit in the name."""

    operator_name: str = "Klucznik"
    brand_colour: str = field(default="#0b4fa8", metadata={"colour": True})
    panel_url: str = field(default="http://localhost:8080", metadata={"without_slash": True})
    mail_from: str = "panel@localhost.localdomain"
    support_address: str = "pomoc@localhost.localdomain"
    default_language: str = _one_of("pl", "en")
    time_zone: str = "Europe/Warsaw"
    unknown_user: str = _one_of("reveal", "hide")

    session_hours: int = _whole_number(12, 1, 720)
    session_max_days: int = _whole_number(30, 1, 30)
    reset_link_minutes: int = _whole_number(60, 15, 1440)
    confirm_link_hours: int = _whole_number(24, 1, 720)
    undo_link_hours: int = _whole_number(72, 1, 720)
    unconfirmed_days: int = _whole_number(30, 1, 365)
    login_reserved_days: int = _whole_number(90, 1, 3650)
    erase_after_days: int = _whole_number(30, 1, 365)
    ticket_days: int = _whole_number(365, 1, 3650)

    sip_realm: str = "localhost"
    sip_number_range: str = field(default="600000000-600999999", metadata={"range_of_numbers": True})

    argon2_memory_kib: int = _whole_number(19456, 8, 262144)
    argon2_passes: int = _whole_number(2, 1, 10)

    log_in_free_attempts: int = _whole_number(5, 1, 100)
    log_in_delay_seconds: int = _whole_number(30, 1, 3600)
    log_in_max_delay_seconds: int = _whole_number(900, 1, 3600)
    log_in_network_failures_per_hour: int = _whole_number(100, 1, 100_000)
    log_in_failures_until_closed: int = _whole_number(100, 10, 100)
    password_checks_per_hour: int = _whole_number(20, 1, 1000)
    resets_per_identifier_per_hour: int = _whole_number(3, 1, 1000)
    resets_per_network_per_hour: int = _whole_number(20, 1, 100_000)
    mails_per_recipient_per_hour: int = _whole_number(5, 1, 100)
    mail_interval_minutes: int = _whole_number(15, 1, 60)
    registrations_per_network_per_hour: int = _whole_number(10, 1, 100_000)
    accounts_per_address: int = _whole_number(10, 1, 10)
    tickets_per_network_per_hour: int = _whole_number(5, 1, 1000)

    ses_per_second: int = _whole_number(10, 1, 1000)
    deliver_concurrency: int = _whole_number(5, 2, 500)
    notification_log_days: int = _whole_number(1095, 1, 3650)

    low_balance_default: str = _amount("5.00", highest="10000.00")
    low_balance_margin_percent: int = _whole_number(10, 0, 100)
    low_balance_margin: str = _amount("1.00", highest="10000.00")
    low_balance_cooldown_hours: int = _whole_number(24, 1, 720)
    quiet_hours: str = field(default="21-7", metadata={"hours": True})

    @property
    def reset_link_lifetime(self) -> timedelta:
        """How long a mailed reset link works."""
        return timedelta(minutes=self.reset_link_minutes)

    @property
    def confirm_link_lifetime(self) -> timedelta:
        """How long a mailed confirmation link works."""
        return timedelta(hours=self.confirm_link_hours)

    @property
    def undo_link_lifetime(self) -> timedelta:
        """How long the link works that takes a change of address back."""
        return timedelta(hours=self.undo_link_hours)

    @property
    def sip_numbers(self) -> range:
        """The numbers that SIP accounts may get; each is written with as many digits as the first."""
        first, last = self.sip_number_range.split("-")
        return range(int(first), int(last) + 1)

    @property
    def low_balance_default_grosze(self) -> int:
        """Below which balance customers are told who have not chosen."""
        return money.parse(self.low_balance_default)

    @property
    def low_balance_margin_grosze(self) -> int:
        """How far above the threshold a balance must rise at least before it can be low again."""
        return money.parse(self.low_balance_margin)

    @property
    def low_balance_cooldown(self) -> timedelta:
        """How long a customer is not told of the same level again."""
        return timedelta(hours=self.low_balance_cooldown_hours)

    @property
    def quiet_from_to(self) -> tuple[int, int]:
        """The hours in which quiet begins and ends, by `time_zone`; none if they are the same."""
        begin, end = self.quiet_hours.split("-")
        return int(begin), int(end)

    @property
    def session_idle_lifetime(self) -> timedelta:
        """How long a session lives without being used."""
        return timedelta(hours=self.session_hours)

    @property
    def session_max_lifetime(self) -> timedelta:
        """How long a session lives however much it is used."""
        return timedelta(days=self.session_max_days)


@functools.cache
def settings() -> Settings:
    """The settings of this process, read from its environment on first use."""
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty variable counts as not set.

    Raises SettingsError when a value is outside its range or not among its choices.
    """
    given = {}
    for setting in dataclasses.fields(Settings):
        name = setting.name.upper()
        text = environment.get(name, "").strip()
        if text:
            given[setting.name] = _checked(name, text, setting.metadata)
    return Settings(**given)


def _checked(name: str, text: str, limits: Mapping[str, Any]) -> Any:
    if "choices" in limits:
        if text not in limits["choices"]:
            raise SettingsError(f"{name} must be one of {', '.join(limits['choices'])}, not {text!r}")
        return text
    if "lowest" in limits:
        lowest, highest = limits["lowest"], limits["highest"]
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise SettingsError(f"{name} must be a whole number from {lowest} to {highest}, not {text!r}")
        return int(text)
    if "range_of_numbers" in limits:
        return _checked_range(name, text)
    if "highest_amount" in limits:
        return _checked_amount(name, text, limits["highest_amount"])
    if "colour" in limits and not _COLOUR.fullmatch(text):
        raise SettingsError(f"{name} must be like #0b4fa8: # and six hex digits, not {text!r}")
    if "hours" in limits and not _QUIET_HOURS.fullmatch(text):
        raise SettingsError(f"{name} must be like 21-7: two hours of the day, not {text!r}")
    return text.rstrip("/") if "without_slash" in limits else text


def _checked_range(name: str, text: str) -> str:
    match = _RANGE_OF_NUMBERS.fullmatch(text)
    if not match or len(match[1]) != len(match[2]) or match[1] > match[2]:
        raise SettingsError(
            f"{name} must be like 600000000-600999999: two numbers of one length, not {text!r}"
        )
    return text


def _checked_amount(name: str, text: str, highest: str) -> str:
    try:
        fits = 0 <= money.parse(text) <= money.parse(highest)
    except money.NotMoney:
        fits = False
    if not fits:
        raise SettingsError(f"{name} must be an amount from 0.00 to {highest}, not {text!r}")
    return text
