"""The Polish catalogue of the panel's texts: brought up to date, and checked."""

import gettext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tools import catalogue, messages
from tools.catalogue import CATALOGUE, CODE, COMPILED, PAGES
from tools.paths import ROOT

PAGE = """\
{% extends "layout.html" %}
<h1>{{ _("Sessions") }}</h1>
<p>
  {% trans device=device %}
    You are logged in
    on <strong>{{ device }}</strong>.
  {% endtrans %}
</p>
<p>{% trans number=sessions %}{{ number }} session{% pluralize %}{{ number }} sessions{% endtrans %}</p>
"""

MODULE = """\
TITLES = {"login": N_("Login"), "sessions": N_("Sessions")}

def words(texts, number):
    return texts.ngettext("One day", "%(number)d days", number) % {"number": number}
"""

DEVICE = "You are logged in on <strong>%(device)s</strong>."

TRANSLATIONS: dict[str, str | tuple[str, ...]] = {
    "Sessions": "Sesje",
    DEVICE: "Zalogowano na <strong>%(device)s</strong>.",
    "%(number)s session": ("%(number)s sesja", "%(number)s sesje", "%(number)s sesji"),
    "Login": "Login",
    "One day": ("Jeden dzień", "%(number)d dni", "%(number)d dni"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A page and a module, and a catalogue in which nothing is missing."""
    (tmp_path / PAGES).mkdir(parents=True)
    (tmp_path / CODE / "views").mkdir(parents=True)
    (tmp_path / PAGES / "sessions.html").write_text(PAGE)
    (tmp_path / CODE / "views" / "sessions.py").write_text(MODULE)
    messages.main([], tmp_path)
    for text, translation in TRANSLATIONS.items():
        translate(tmp_path, text, translation)
    messages.main([], tmp_path)
    return tmp_path


def translate(tree: Path, text: str, translation: str | tuple[str, ...]) -> None:
    """Write a translation into the file, as a translator would."""
    entry = f'msgid "{text}"\n'
    content = (tree / CATALOGUE).read_text()
    assert entry in content
    before, _, after = content.partition(entry)
    present, blank, others = after.partition("\n\n")
    plural = [line for line in present.splitlines() if line.startswith("msgid_plural")]
    forms = (
        [f'msgstr "{translation}"']
        if isinstance(translation, str)
        else plural + [f'msgstr[{number}] "{form}"' for number, form in enumerate(translation)]
    )
    (tree / CATALOGUE).write_text(before + entry + "\n".join(forms) + blank + others)


def replace(path: Path, old: str, new: str) -> None:
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


def found(tree: Path) -> list[str]:
    """What the check finds, without what every edit of the file alone causes."""
    return [line for line in messages.findings(tree) if "is not up to date" not in line]


def test_nothing_is_found_in_a_catalogue_that_is_complete(tree: Path) -> None:
    assert list(messages.findings(tree)) == []
    messages.main(["--check"], tree)


def test_the_texts_of_pages_and_code_are_in_the_catalogue_with_the_files_that_use_them(tree: Path) -> None:
    texts = {catalogue.forms(text.id): text.locations for text in catalogue.read(tree) if text.id}
    page, module = f"{PAGES}/sessions.html", f"{CODE}/views/sessions.py"
    assert {ids: {file for file, _ in locations} for ids, locations in texts.items()} == {
        ("Sessions",): {page, module},
        (DEVICE,): {page},
        ("%(number)s session", "%(number)s sessions"): {page},
        ("Login",): {module},
        ("One day", "%(number)d days"): {module},
    }


def test_an_unchanged_tree_gives_the_same_bytes(tree: Path) -> None:
    before = (tree / CATALOGUE).read_bytes(), (tree / COMPILED).read_bytes()
    messages.main([], tree)
    assert ((tree / CATALOGUE).read_bytes(), (tree / COMPILED).read_bytes()) == before
    assert all(b"Date" not in content and b"Babel" not in content for content in before)


def test_a_text_that_moves_within_its_file_changes_nothing(tree: Path) -> None:
    replace(tree / PAGES / "sessions.html", "<h1>", "\n\n<h1>")
    assert list(messages.findings(tree)) == []


def test_the_compiled_catalogue_has_every_translation_and_polish_plurals(tree: Path) -> None:
    polish = gettext.GNUTranslations(BytesIO((tree / COMPILED).read_bytes()))
    assert polish.gettext(DEVICE) == TRANSLATIONS[DEVICE]
    sessions = [polish.ngettext("%(number)s session", "%(number)s sessions", n) for n in (1, 2, 5, 12, 22)]
    assert sessions == [f"%(number)s {form}" for form in ("sesja", "sesje", "sesji", "sesji", "sesje")]


def test_updating_keeps_translations_and_drops_those_of_texts_that_are_gone(tree: Path) -> None:
    replace(tree / PAGES / "sessions.html", "You are logged in", "You logged in")
    replace(tree / CODE / "views" / "sessions.py", "Login", "Your login")
    messages.main([], tree)
    content = (tree / CATALOGUE).read_text()
    assert 'msgid "Sessions"\nmsgstr "Sesje"\n' in content
    assert 'msgid "Your login"\nmsgstr ""\n' in content
    assert "Zalogowano" not in content
    assert "#~" not in content


def test_a_note_of_the_translator_stays(tree: Path) -> None:
    replace(tree / CATALOGUE, "#: chalicelib/web/panel", "# Not a name.\n#: chalicelib/web/panel")
    messages.main([], tree)
    assert "# Not a name.\n" in (tree / CATALOGUE).read_text()
    assert list(messages.findings(tree)) == []


def test_a_text_without_a_translation_is_found_with_the_page_that_uses_it(tree: Path) -> None:
    replace(
        tree / PAGES / "sessions.html", "<p>{% trans number", "<p>{{ _('Devices') }}</p><p>{% trans number"
    )
    assert found(tree) == [f'{PAGES}/sessions.html: panel.po lacks a translation of "Devices"']


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_plural_form_is_found(missing: int, tree: Path) -> None:
    polish = list(TRANSLATIONS["%(number)s session"])
    polish[missing] = ""
    translate(tree, "%(number)s session", tuple(polish))
    assert found(tree) == [f'{PAGES}/sessions.html: panel.po lacks all 3 forms of "%(number)s session"']


def test_a_text_that_has_a_plural_only_now_needs_a_new_translation(tree: Path) -> None:
    replace(tree / CODE / "views" / "sessions.py", 'N_("Login")', 'ngettext("Login", "Logins", 2)')
    lacking = [f'{CODE}/views/sessions.py: panel.po lacks all 3 forms of "Login"']
    assert found(tree) == lacking
    messages.main([], tree)
    assert list(messages.findings(tree)) == lacking
    assert 'msgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\n' in (tree / CATALOGUE).read_text()


def test_a_text_that_nothing_uses_is_found(tree: Path) -> None:
    replace(tree / CODE / "views" / "sessions.py", '"login": N_("Login"), ', "")
    assert found(tree) == [f'{CATALOGUE}: no page uses "Login"']


def test_a_text_kept_as_obsolete_is_found(tree: Path) -> None:
    with (tree / CATALOGUE).open("a") as file:
        file.write('#~ msgid "Logged out"\n#~ msgstr "Wylogowano"\n')
    assert found(tree) == [f'{CATALOGUE}: no page uses "Logged out"']


def test_a_fuzzy_translation_is_found_and_not_compiled(tree: Path) -> None:
    replace(tree / CATALOGUE, 'msgid "Login"', '#, fuzzy\nmsgid "Login"')
    assert found(tree) == [f'{CATALOGUE}: fuzzy: "Login"']
    messages.main([], tree)
    assert found(tree) == [f'{CATALOGUE}: fuzzy: "Login"']
    assert b"Sesje" in (tree / COMPILED).read_bytes()
    assert b"Login" not in (tree / COMPILED).read_bytes()


@pytest.mark.parametrize(
    ("translation", "what"),
    [
        ("Zalogowano na <strong>%(urzadzenie)s</strong>.", "placeholders"),
        ("Zalogowano na <strong>urządzeniu</strong>.", "placeholders"),
        ("Zalogowano na <strong>%(device)d</strong>.", "placeholders"),
        ("Zalogowano w 100% na <strong>%(device)s</strong>.", "placeholders"),
        ("Zalogowano na %(device)s.", "HTML tags"),
        ("Zalogowano na <b>%(device)s</b>.", "HTML tags"),
        ("Zalogowano na <strong>%(device)s<strong>.", "HTML tags"),
        (" Zalogowano na <strong>%(device)s</strong>.", "spaces at the ends"),
        ("Zalogowano na <strong>%(device)s</strong>.\\n", "spaces at the ends"),
    ],
)
def test_a_translation_unlike_its_text_is_found(translation: str, what: str, tree: Path) -> None:
    translate(tree, DEVICE, translation)
    assert found(tree) == [f'{CATALOGUE}: other {what} than "{DEVICE}"']


@pytest.mark.parametrize("form", [0, 1, 2])
def test_a_plural_form_unlike_its_text_is_found(form: int, tree: Path) -> None:
    polish = list(TRANSLATIONS["%(number)s session"])
    polish[form] = "sesja"
    translate(tree, "%(number)s session", tuple(polish))
    assert found(tree) == [f'{CATALOGUE}: other placeholders than "%(number)s session"']


def test_a_translation_of_spaces_is_found(tree: Path) -> None:
    translate(tree, "Login", "  ")
    assert found(tree) == [f'{CATALOGUE}: other spaces at the ends than "Login"']


def test_a_catalogue_that_was_not_compiled_since_is_found(tree: Path) -> None:
    translate(tree, "Login", "Nazwa użytkownika")
    assert list(messages.findings(tree)) == [f"{COMPILED}: is not up to date; make messages"]


@pytest.mark.parametrize("path", [CATALOGUE, COMPILED])
def test_a_file_that_is_missing_is_found(path: Path, tree: Path) -> None:
    (tree / path).unlink()
    assert f"{path}: is missing; make messages" in list(messages.findings(tree))


def test_a_text_that_stands_twice_is_found(tree: Path) -> None:
    with (tree / CATALOGUE).open("a") as file:
        file.write('msgid "Login"\nmsgstr "Nazwa"\n')
    assert list(messages.findings(tree)) == [f"{CATALOGUE}: is not up to date; make messages"]


def test_a_file_that_is_no_catalogue_is_found(tree: Path) -> None:
    (tree / CATALOGUE).write_text('msgid "Login"\nmsgtsr "Login"\n')
    (finding,) = messages.findings(tree)
    assert finding.startswith(f"{CATALOGUE}: ")


def test_the_check_changes_nothing_and_fails_with_a_line_for_each_finding(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace(tree / CATALOGUE, '"Sesje"', '" Sesje"')
    before = (tree / CATALOGUE).read_bytes(), (tree / COMPILED).read_bytes()
    with pytest.raises(SystemExit) as ended:
        messages.main(["--check"], tree)
    assert str(ended.value).splitlines() == [
        f'{CATALOGUE}: other spaces at the ends than "Sessions"',
        f"{COMPILED}: is not up to date; make messages",
    ]
    assert ((tree / CATALOGUE).read_bytes(), (tree / COMPILED).read_bytes()) == before


def test_the_pages_texts_are_the_ones_that_the_panel_itself_looks_up() -> None:
    from chalicelib.web.panel import rendering

    environment: Any = rendering._environment("en")  # the extension's methods are not in its types
    pages = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / PAGES).glob("*.html")}
    looked_up = {
        text if isinstance(text, str) else text[0]
        for source in pages.values()
        for _, _, text in environment.extract_translations(source)
        if text  # one marked in the code is looked up by its variable
    }
    collected = {
        catalogue.forms(text.id)[0]
        for text in catalogue.texts_of_panel(ROOT).texts
        if any(file in pages for file, _ in text.locations)
    }
    assert collected == looked_up != set()
