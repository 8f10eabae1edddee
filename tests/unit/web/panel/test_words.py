"""Whatever the domain can say, the panel has words for it; and no words are left that nothing says."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, meta

import chalicelib
from chalicelib.accounts import passwords
from chalicelib.accounts.models import MAY_LOG_IN
from chalicelib.errors import DomainError, FieldError, InvalidLogin, LoginTaken
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.log import Status
from chalicelib.web.panel import words
from chalicelib.web.panel.routes import PAGES
from chalicelib.web.problems import REFUSALS

PACKAGE = Path(chalicelib.__file__).parent
VIEWS = PACKAGE / "web" / "panel" / "views"
TEMPLATES = PACKAGE / "web" / "pages"

# What is wrong with a row of an import is for staff to read.
OF_IMPORTS = {"foreign_hashes.py", "import_rules.py", "importing.py"}

# What only the operator's staff, and programs, are refused with.
NOT_FOR_CUSTOMERS = {
    "address_full",
    "address_not_confirmed",
    "invalid_password_hash",
    "invalid_row",
    "no_number_free",
    "number_taken",
    "wrong_status",
}
# What the frame makes something else of than words: the log-in page, and each link's own page.
MADE_INTO_A_PAGE = {"not_logged_in", "link_expired"}


def trees(*folders: Path) -> Iterator[ast.Module]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if path.name not in OF_IMPORTS:
                yield ast.parse(path.read_text())


def calls(tree: ast.AST, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            yield node


def texts_in(node: ast.AST) -> set[str]:
    """The texts that stand in a piece of code, whichever of them it comes to."""
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def said_of_fields() -> set[tuple[str, str]]:
    """Every field and code that our code can refuse a form with."""
    folders = [PACKAGE / name for name in ("accounts", "balances", "support", "web/panel")]
    found = set()
    for tree in trees(*folders):
        for call in calls(tree, "FieldError"):
            field, code = call.args
            if isinstance(field, ast.Constant) and isinstance(code, ast.Constant):
                found.add((str(field.value), str(code.value)))
    found |= {("password", rule) for rule in password_rules()}
    # A ticket's address is refused as an address is.
    return found | {
        ("contact_email", code) for field, code in found if field == "email" and code != "unchanged"
    }


def password_rules() -> set[str]:
    [rules] = [
        node
        for tree in trees(PACKAGE / "accounts")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "_broken_rules"
    ]
    yielded = (node.value for node in ast.walk(rules) if isinstance(node, ast.Yield))
    return {text for value in yielded if value is not None for text in texts_in(value)}


def test_the_search_finds_the_rules_of_passwords() -> None:
    broken = list(passwords._broken_rules("jan", login="jan", email="jan@poczta.example"))
    assert set(broken) < password_rules()
    assert len(broken) == 4


def test_there_are_words_for_everything_that_can_be_wrong_with_a_field_and_no_others() -> None:
    assert said_of_fields() == set(words._OF_FIELDS)


def refusals() -> Iterator[type[DomainError]]:
    """All that leave their module."""
    waiting = [DomainError]
    while waiting:
        found = waiting.pop().__subclasses__()
        yield from (each for each in found if not each.__name__.startswith("_"))
        waiting += found


def always_names_a_field(refusal: type[DomainError]) -> bool:
    """Whether a refusal is raised with its fields wherever it is raised for a customer."""
    raised = [
        node.exc
        for tree in trees(PACKAGE / "accounts", PACKAGE / "balances", PACKAGE / "support")
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    ]
    of_it = [each for each in raised if refusal.__name__ in {getattr(n, "id", None) for n in ast.walk(each)}]
    return bool(of_it) and all(isinstance(each, ast.Call) and each.args for each in of_it)


FOR_CUSTOMERS = [each for each in refusals() if each.code not in NOT_FOR_CUSTOMERS | MADE_INTO_A_PAGE]


@pytest.mark.parametrize("refusal", FOR_CUSTOMERS)
def test_every_refusal_is_told_in_a_form_or_on_a_page(refusal: type[DomainError]) -> None:
    code = refusal.code
    told = code in words._OF_FORMS or code in words._ERRORS or always_names_a_field(refusal)
    assert told, f"{refusal.__name__} has no words"


def test_what_only_staff_are_refused_with_is_nothing_that_a_view_can_meet() -> None:
    codes = {refusal.code for refusal in refusals()}
    assert codes >= NOT_FOR_CUSTOMERS | MADE_INTO_A_PAGE
    assert not (NOT_FOR_CUSTOMERS | MADE_INTO_A_PAGE) & (words._OF_FORMS.keys() | words._ERRORS.keys())


def test_every_refusal_with_words_is_one() -> None:
    codes = {refusal.code for refusal in refusals()} | REFUSALS.keys()
    assert codes >= words._OF_FORMS.keys()
    assert codes | {"cross_site"} >= words._ERRORS.keys()


def test_a_refusal_with_fields_that_have_no_words_is_told_by_its_code() -> None:
    unknown = FieldError("login", "not_thought_of")
    [error] = words.form_errors(InvalidLogin(unknown), "en")
    assert error == ("login", "This login cannot be used.")
    assert [each.text for each in words.form_errors(LoginTaken(unknown), "en")] == [
        "This login is already in use. Please choose another one."
    ]


def test_every_notice_that_a_view_leaves_has_words_and_every_notice_is_left_by_one() -> None:
    left = {"session_ended"}  # by the frame, unless the view says otherwise
    for tree in trees(VIEWS.parent):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and "NOTICE_OF_ENDED_SESSION" in map(ast.unparse, node.targets):
                left |= texts_in(node.value)
        for call in calls(tree, "Redirect"):
            left |= {
                text for given in call.keywords if given.arg == "notice" for text in texts_in(given.value)
            }
    assert left == words._NOTICES.keys()


def test_every_kind_of_mail_to_a_customer_has_a_name() -> None:
    assert words.KINDS.keys() == set(Kind) - {Kind.RESET_REQUESTED}


def test_every_status_of_a_mail_has_a_name() -> None:
    assert words.STATUSES.keys() == set(Status)


def test_every_state_in_which_one_may_log_in_has_a_name() -> None:
    assert words.ACCOUNT_STATES.keys() == set(MAY_LOG_IN)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_view_that_shows_or_takes_something(path: str) -> None:
    view = import_module(f"chalicelib.web.panel.views.{PAGES[path]}")
    assert hasattr(view, "show") or hasattr(view, "send")


def test_no_view_is_without_an_address() -> None:
    modules = {path.stem for path in VIEWS.glob("*.py")} - {"__init__"}
    assert modules == set(PAGES.values())
    assert len(PAGES) == len(modules)


def templates_named() -> set[str]:
    """The templates that views show and that other templates take in."""
    named = {"error.html"}  # by the frame
    for tree in trees(VIEWS):
        named |= {f"{text}.html" for call in calls(tree, "Page") for text in texts_in(call.args[0])}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    for path in TEMPLATES.glob("*.html"):
        referenced = meta.find_referenced_templates(environment.parse(path.read_text()))
        named |= {str(each) for each in referenced}
    return named


def test_every_template_that_is_named_is_there_and_none_is_left_over() -> None:
    assert templates_named() == {path.name for path in TEMPLATES.glob("*.html")}


def test_pages_has_nothing_but_templates_the_style_sheet_and_the_script() -> None:
    others = {path.name for path in TEMPLATES.iterdir() if path.suffix != ".html"}
    assert others == {"style.css", "script.js"}
