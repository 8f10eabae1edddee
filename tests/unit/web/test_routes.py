"""Every address has its function, and every function its address."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from chalicelib.web import api, operator
from chalicelib.web.routes import API, STAFF

TABLE = {**API, **STAFF}


def function_of(place: str) -> Callable[..., Any]:
    module, name = place.split(":")
    function: Callable[..., Any] = getattr(importlib.import_module(f"chalicelib.web.{module}"), name)
    return function


def endpoints_of(module: ModuleType) -> Iterator[str]:
    """The places of the functions that `endpoint` has made of a module's own."""
    own = ((name, each) for name, each in vars(module).items() if inspect.isfunction(each))
    for name, each in own:
        if hasattr(each, "__wrapped__") and each.__module__ == module.__name__:
            yield f"{module.__name__.removeprefix('chalicelib.web.')}:{name}"


@pytest.mark.parametrize("address", TABLE)
def test_a_function_takes_the_parameters_of_its_path_and_no_others(address: str) -> None:
    wanted = re.findall(r"{(\w+)}", address)
    assert list(inspect.signature(function_of(TABLE[address])).parameters) == wanted


def test_every_endpoint_has_one_address_and_every_address_an_endpoint() -> None:
    names = [each.name for each in pkgutil.iter_modules(api.__path__, f"{api.__name__}.")]
    modules = [*map(importlib.import_module, names), operator]
    assert sorted(TABLE.values()) == sorted(each for module in modules for each in endpoints_of(module))
