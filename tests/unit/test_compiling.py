"""Other people's code is compiled without docstrings, and stays the same otherwise."""

import importlib.util
from pathlib import Path

import pytest

from tools.compiling import compile_tree, without_docstrings

SOURCE = '''"""What the module does."""
from __future__ import annotations

def documented():
    """Only a docstring."""

class Documented:
    "What the class is."

    limit = 3

    async def method(self, value: Unknown) -> str:
        """Two
        lines."""
        assert value, "asserts stay"
        text = """no docstring"""
        return text
'''


def test_docstrings_go_and_nothing_else_changes() -> None:
    bare: dict[str, object] = {}
    exec(compile(without_docstrings(SOURCE.encode(), "bare.py"), "bare.py", "exec"), bare)  # noqa: S102 - ours
    documented, kind = bare["documented"], bare["Documented"]
    assert bare.get("__doc__") is None
    assert documented.__doc__ is None
    assert kind.__doc__ is None
    assert isinstance(kind, type)
    assert kind.__dict__["limit"] == 3
    method = kind.__dict__["method"]
    assert method.__doc__ is None
    assert method.__annotations__ == {"value": "Unknown", "return": "str"}
    assert {"asserts stay", "no docstring"} <= set(method.__code__.co_consts)


def test_lines_stay_where_they_are_in_the_source() -> None:
    bare: dict[str, object] = {}
    exec(compile(without_docstrings(SOURCE.encode(), "bare.py"), "bare.py", "exec"), bare)  # noqa: S102 - ours
    kind = bare["Documented"]
    assert isinstance(kind, type)
    lines = {line for *_, line in kind.__dict__["method"].__code__.co_lines() if line}
    assert lines == {12, 15, 16, 17}


def test_a_coding_cookie_is_heeded(tmp_path: Path) -> None:
    source = '# coding: iso-8859-2\n"""Opis."""\nword = "żółw"\n'.encode("iso-8859-2")
    bare: dict[str, object] = {}
    exec(compile(without_docstrings(source, "bare.py"), "bare.py", "exec"), bare)  # noqa: S102 - ours
    assert bare["word"] == "żółw"


@pytest.mark.parametrize("keep_sources", [True, False])
def test_our_docstrings_stay_and_others_go(keep_sources: bool, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(SOURCE)
    compile_tree(tmp_path, keep_sources=keep_sources)
    legacy = tmp_path / "module.pyc"
    cached = Path(importlib.util.cache_from_source(tmp_path / "module.py"))
    assert (legacy.exists(), cached.exists(), (tmp_path / "module.py").exists()) == (
        (False, True, True) if keep_sources else (True, False, False)
    )
    compiled = (cached if keep_sources else legacy).read_bytes()
    assert (b"What the module does." in compiled) == keep_sources
    assert b"/var/task/module.py" in compiled


def test_a_file_that_does_not_compile_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text("def broken(:\n")
    with pytest.raises(Exception, match="exit status 1"):
        compile_tree(tmp_path, keep_sources=False)
    assert "broken.py" in "".join(capfd.readouterr())
