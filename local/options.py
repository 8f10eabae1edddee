"""What `make run` may be told: ports, a clean start, and every setting of the application."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.settings import Settings, SettingsError
from chalicelib.settings import read as read_settings

PROJECT = Path(__file__).resolve().parent.parent

_PORTS = {"PANEL_PORT": "panel_port", "MAIL_PORT": "mail_port", "CLOUD_PORT": "cloud_port"}
HIGHEST_PORT = 65535
_SETTINGS = tuple(setting.name.upper() for setting in dataclasses.fields(Settings))


class UsageError(Exception):
    """What was asked for cannot be done; the message says why and what to type instead."""


@dataclass(frozen=True)
class Options:
    """How to run the local cloud. A port of 0 means any free one."""

    panel_port: int = 8080
    mail_port: int = 8025
    cloud_port: int = 4566
    fresh: bool = False
    directory: Path = PROJECT / ".local"
    settings: Mapping[str, str] = field(default_factory=dict)


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Options from NAME=value arguments, which win over environment variables of the same names.

    Raises UsageError for an unknown name or a value that cannot be used.
    """
    given = {name: environment[name] for name in _known_names() if environment.get(name)}
    given |= dict(_name_and_value(argument) for argument in arguments)
    settings = {name: value for name, value in given.items() if name in _SETTINGS and value}
    _check_settings(settings)
    ports = {field_name: _port(name, given[name]) for name, field_name in _PORTS.items() if name in given}
    return Options(
        **ports,
        fresh=_switch("FRESH", given.get("FRESH", "")),
        directory=Path(given.get("LOCAL_DIR") or Options.directory).resolve(),
        settings=settings,
    )


def _known_names() -> tuple[str, ...]:
    return (*_PORTS, "FRESH", "LOCAL_DIR", *_SETTINGS)


def _name_and_value(argument: str) -> tuple[str, str]:
    name, equals, value = argument.partition("=")
    if not equals:
        raise UsageError(f"{argument!r} is not of the form NAME=value, for example PANEL_PORT=8081.")
    if name not in _known_names():
        raise UsageError(f"There is no setting {name}. There are: {', '.join(_known_names())}.")
    return name, value


def _check_settings(settings: Mapping[str, str]) -> None:
    try:
        read_settings(settings)
    except SettingsError as error:
        raise UsageError(f"{error}.") from error


def _port(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise UsageError(f"{name} must be a port number from 1 to {HIGHEST_PORT}, not {text!r}.")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise UsageError(f"{name} must be 1 (yes) or 0 (no), not {text!r}.")
    return text == "1"
