"""Chromium, as the system brings it, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "google-chrome", "chromium-browser")


class NoChromium(Exception):
    """There is no browser to drive; the message says how to get one."""


def executable() -> str:
    """The path of the browser: of the one that CHROMIUM names, or else of the first that is there.

    Raises NoChromium.
    """
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else _NAMES:
        if path := shutil.which(name):
            return path
    raise NoChromium(
        f"there is no {named or 'Chromium'}: install it (on Debian: apt-get install chromium "
        "fonts-dejavu-core), or name a browser of its kind by the environment variable CHROMIUM"
    )


@contextmanager
def launched() -> Iterator[Browser]:
    """A running browser. Raises NoChromium."""
    path = executable()
    # Its sandbox does not work for root, as which containers run.
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=as_root)
        try:
            yield browser
        finally:
            browser.close()
