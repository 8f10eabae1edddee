"""The Polish catalogue of the panel's texts: finding the texts, reading, writing, compiling."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

PAGES = Path("chalicelib/web/pages")
CODE = Path("chalicelib/web/panel")
CATALOGUE = Path("chalicelib/web/locale/pl/LC_MESSAGES/panel.po")
COMPILED = CATALOGUE.with_suffix(".mo")

# One, two to four, five and more.
PLURAL_FORMS = 3

# What marks a text: N_ one that is translated later.
_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}

# As the panel reads its pages. One that Jinja cannot read is an error, not a page without texts.
_JINJA_OPTIONS = {
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}

_NOTE = "# The Polish texts of the panel. Write translations here; `make messages` writes everything else."

# Neither dates nor versions, so that an unchanged tree gives the same bytes.
_HEADER = "Language: pl\nPlural-Forms: {}\nContent-Type: text/plain; charset=utf-8\n"


class Catalogue(Catalog):
    """The catalogue as it is written down."""

    def __init__(self) -> None:
        super().__init__(locale="pl", header_comment=_NOTE)

    def __iter__(self) -> Iterator[Message]:
        """The header, then the texts."""
        yield Message("", _HEADER.format(self.plural_forms))
        yield from self.texts

    @property
    def texts(self) -> Sequence[Message]:
        """The texts alone."""
        _, *texts = super().__iter__()
        return texts

    def add_translations(self, catalogue: Catalog) -> None:
        """Take over what another catalogue has of each text; one that has a plural only now is a new text."""
        for text in self.texts:
            known = catalogue.get(text.id)
            if known is not None and known.pluralizable == text.pluralizable:
                text.string = known.string
                text.user_comments = known.user_comments
                text.flags |= known.flags & {"fuzzy"}


def texts_of_panel(root: Path) -> Catalogue:
    """Every text of pages and code below `root`, in the order of files and lines, without translations.

    Raises jinja2's TemplateSyntaxError and SyntaxError.
    """
    catalogue = Catalogue()
    for path in sorted((root / PAGES).rglob("*.html")):
        _add_texts(catalogue, root, path, babel_extract, _JINJA_OPTIONS)
    for path in sorted((root / CODE).rglob("*.py")):
        _add_texts(catalogue, root, path, "python", {})
    return catalogue


def _add_texts(catalogue: Catalogue, root: Path, path: Path, method: Any, options: Mapping[str, str]) -> None:
    with path.open("rb") as file:
        for line, text, *_ in extract(method, file, _KEYWORDS, options=options):
            catalogue.add(text, locations=[(path.relative_to(root).as_posix(), line)])


def read(root: Path) -> Catalog:
    """What panel.po has, also as obsolete; nothing when there is none.

    Raises babel's PoFileError and UnicodeDecodeError.
    """
    path = root / CATALOGUE
    if not path.exists():
        return Catalogue()
    with path.open("rb") as file:
        return read_po(file, locale="pl", abort_invalid=True)


def written(catalogue: Catalogue) -> bytes:
    """The catalogue as panel.po has it: without line numbers, which every edit of a page would change."""
    file = BytesIO()
    write_po(file, catalogue, width=0, include_lineno=False)
    return file.getvalue()


def compiled(catalogue: Catalogue) -> bytes:
    """The catalogue as panel.mo has it: what is not translated in every form stays English."""
    shipped = Catalogue()
    for text in filter(is_translated, catalogue.texts):
        shipped[text.id] = text
    file = BytesIO()
    write_mo(file, shipped)
    return file.getvalue()


def update(root: Path) -> Catalogue:
    """Write panel.po and panel.mo, and return what they have now. Raises what reading raises."""
    catalogue = texts_of_panel(root)
    catalogue.add_translations(read(root))
    (root / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
    (root / CATALOGUE).write_bytes(written(catalogue))
    (root / COMPILED).write_bytes(compiled(catalogue))
    return catalogue


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The forms of an id or a translation: one, or as many as there are plurals."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def is_translated(text: Message) -> bool:
    """Whether a text has its translation, and every form of it."""
    translations = forms(text.string)
    return len(translations) == (PLURAL_FORMS if text.pluralizable else 1) and all(translations)
