"""Pictures of every page of the panel in all its states, to look at.

`python -m tools.screenshots` deploys to a local cloud of its own, which ends with it, and writes
build/screenshots/<language>-<light or dark>-<width>-<page>.png, and an index.html that shows them all.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser

from local.options import Options
from local.stack import LocalStack
from tools.paths import BUILD
from tools.tour.cast import Cast, gather
from tools.tour.chromium import launched
from tools.tour.walk import walk

_TARGET = BUILD / "screenshots"
_HEIGHT = 800


class _Look(NamedTuple):
    """As what a page is seen: its language, its colours, and the window's width in pixels."""

    language: str
    colours: Literal["light", "dark"]
    width: int


# One tour for each language.
_LOOKS = (
    (_Look("pl", "light", 360), _Look("pl", "light", 1280)),
    (_Look("en", "dark", 360),),
)

_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The panel</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
div {{ display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }}
figure {{ margin: 0; max-width: 360px; }}
img {{ max-width: 100%; border: 1px solid #888; }}
</style>
</head>
<body>
{sections}
</body>
</html>
"""


def photograph(browser: Browser, cast: Cast, looks: Sequence[_Look]) -> Iterator[Path]:
    """Every page in every state, in each of the looks, which are of one language; the files' paths."""
    for sight in walk(browser, cast, looks[0].language):
        for look in looks:
            sight.page.emulate_media(color_scheme=look.colours)
            sight.page.set_viewport_size({"width": look.width, "height": _HEIGHT})
            path = _TARGET / f"{look.language}-{look.colours}-{look.width}-{sight.state.name}.png"
            sight.page.screenshot(path=path, full_page=True, animations="disabled")
            yield path


def index(pictures: Sequence[Path]) -> str:
    """A page with all pictures, those of one look together."""
    sections = []
    for looks in _LOOKS:
        for look in looks:
            name = "-".join(map(str, look))
            figures = "\n".join(
                f"<figure><figcaption>{escape(path.stem.removeprefix(name + '-'))}</figcaption>"
                f'<a href="{path.name}"><img src="{path.name}" alt="" loading="lazy"></a></figure>'
                for path in pictures
                if path.name.startswith(f"{name}-")
            )
            sections.append(f"<h1>{name}</h1>\n<div>\n{figures}\n</div>")
    return _INDEX.format(sections="\n".join(sections))


def main() -> None:
    """Take them all."""
    shutil.rmtree(_TARGET, ignore_errors=True)
    _TARGET.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as directory, launched() as browser:
        ports = Options(panel_port=0, mail_port=0, cloud_port=0, directory=Path(directory))
        with LocalStack(ports) as stack:
            cast = gather(stack)
            pictures = [path for looks in _LOOKS for path in photograph(browser, cast, looks)]
    (_TARGET / "index.html").write_text(index(pictures), encoding="utf-8")
    print(f"{len(pictures)} pictures: {_TARGET / 'index.html'}")


if __name__ == "__main__":
    main()
