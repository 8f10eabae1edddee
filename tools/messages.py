"""Keep the Polish catalogue of the panel's texts in step with its pages and its code.

`python -m tools.messages` writes every text into panel.po, with the translations that there are and
without those of texts that are gone, and compiles it into panel.mo, which ships. With `--check` it
changes nothing, and says what is missing or wrong. English needs no catalogue: the texts are English.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError

from tools.catalogue import (
    CATALOGUE,
    COMPILED,
    PLURAL_FORMS,
    Catalogue,
    compiled,
    forms,
    is_translated,
    read,
    texts_of_panel,
    update,
    written,
)
from tools.paths import ROOT

_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?.?", re.DOTALL)
_TAG = re.compile(r"</?\w[^>]*>")


def findings(root: Path) -> Iterator[str]:
    """What is missing or wrong, each in a line that names the file. Raises what reading the pages raises."""
    try:
        present = read(root)
    except (PoFileError, UnicodeDecodeError) as error:
        yield f"{CATALOGUE}: {error}"
        return
    wanted = texts_of_panel(root)
    wanted.add_translations(present)
    yield from _untranslated(wanted)
    yield from _unused(present, wanted)
    yield from _wrong(wanted)
    yield from _outdated(root, wanted)


def _untranslated(wanted: Catalogue) -> Iterator[str]:
    for text in wanted.texts:
        if not is_translated(text):
            what = f"all {PLURAL_FORMS} forms of" if text.pluralizable else "a translation of"
            yield f"{text.locations[0][0]}: {CATALOGUE.name} lacks {what} {_named(text)}"


def _unused(present: Catalog, wanted: Catalogue) -> Iterator[str]:
    for text in (*present, *present.obsolete.values()):
        if text.id and wanted.get(text.id) is None:
            yield f"{CATALOGUE}: no page uses {_named(text)}"


def _wrong(wanted: Catalogue) -> Iterator[str]:
    for text in wanted.texts:
        if text.fuzzy:
            yield f"{CATALOGUE}: fuzzy: {_named(text)}"
        if is_translated(text):
            for what in dict.fromkeys(_differences(text)):
                yield f"{CATALOGUE}: other {what} than {_named(text)}"


def _differences(text: Message) -> Iterator[str]:
    ids = forms(text.id)
    for number, translation in enumerate(forms(text.string)):
        # The form for one may say it in words, like the English singular, or in a number, like the plural.
        ids_of_form = ids if number == 0 else ids[-1:]
        if _placeholders(translation) not in map(_placeholders, ids_of_form):
            yield "placeholders"
        if _tags(translation) not in map(_tags, ids_of_form):
            yield "HTML tags"
        if _ends(translation) not in map(_ends, ids_of_form):
            yield "spaces at the ends"


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _tags(text: str) -> list[str]:
    return sorted(_TAG.findall(text))


def _ends(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _outdated(root: Path, wanted: Catalogue) -> Iterator[str]:
    for path, content in ((CATALOGUE, written(wanted)), (COMPILED, compiled(wanted))):
        if not (root / path).exists():
            yield f"{path}: is missing; make messages"
        elif (root / path).read_bytes() != content:
            yield f"{path}: is not up to date; make messages"


def _named(text: Message) -> str:
    """The text, or its singular, in one line."""
    return json.dumps(forms(text.id)[0], ensure_ascii=False)


def main(arguments: Sequence[str], root: Path = ROOT) -> None:
    """Update the catalogue, or check it. Raises SystemExit when the check finds something."""
    if "--check" in arguments:
        if found := list(findings(root)):
            sys.exit("\n".join(found))
        return
    texts = update(root).texts
    missing = sum(not is_translated(text) for text in texts)
    print(f"{CATALOGUE}  {len(texts)} texts, {missing} without a translation")


if __name__ == "__main__":
    main(sys.argv[1:])
