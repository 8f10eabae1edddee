"""Every form of the panel, with what must be there before it is sent, and what it holds then."""

from collections.abc import Callable, Mapping
from importlib import import_module

from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.web.panel.routes import PAGES
from tests.unit.accounts.asking import change
from tests.unit.accounts.people import (
    NEW_ADDRESS,
    NEW_PASSWORD,
    ZOFIA,
    confirm_link,
    new_address_link,
    reset_link,
    settled,
    undo_link,
)
from tests.unit.clients import PASSWORD

Fields = dict[str, str]

CURRENT = {"current_password": PASSWORD}
TWICE = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


def _verified(account: Account) -> Fields:
    change(account, status=Status.REGISTERED)
    verify_account(account.account_id)
    return CURRENT


def _unconfirmed() -> Account:
    return settled("zofia", ZOFIA, confirmed=False)


def _correction(account: Account) -> Fields:
    _unconfirmed()
    return {"login": "zofia", "password": PASSWORD}


# Each takes the account of jan, who is logged in, and returns the fields of the form.
FORMS: Mapping[str, Callable[[Account], Fields]] = {
    "/login": lambda _: {"login": "jan", "password": PASSWORD},
    "/logout": lambda _: {},
    "/forgot": lambda _: {"identifier": "jan"},
    "/reset": lambda account: {"token": reset_link(account), **TWICE},
    "/register": lambda _: {"login": "zofia", "email": ZOFIA, **TWICE},
    "/confirmation": _correction,
    "/confirm": lambda _: {"token": confirm_link(_unconfirmed())},
    "/email/confirm": lambda account: {"token": new_address_link(account)},
    "/email/undo": lambda account: {"token": undo_link(account)},
    "/data/login": lambda _: {"login": "janek", **CURRENT},
    "/data/email": lambda _: {"email": NEW_ADDRESS, **CURRENT},
    "/data/password": lambda _: {**TWICE, **CURRENT},
    "/data/language": lambda _: {"language": "en"},
    "/data/low-balance": lambda _: {"low_balance_threshold": "20", "notices": "on"},
    "/data/sip-password": _verified,
    "/data/sessions": lambda _: {"everywhere": "yes"},
    "/data/delete": lambda _: {"confirmed": "yes", **CURRENT},
    "/ticket": lambda _: {"contact_email": ZOFIA, "message": "Nie pamiętam loginu."},
    "/language": lambda _: {"language": "en", "page": "/data"},
}


def pages_that(doing: str) -> set[str]:
    """The pages whose view has this function: `show` or `send`."""
    return {path for path, view in PAGES.items() if hasattr(_view(view), doing)}


def _view(name: str) -> object:
    return import_module(f"chalicelib.web.panel.views.{name}")
