"""Compile Python files so that the result stays valid inside a zip, and is the same at every build.

Run as a script, this file is the process of its own in which that happens.
"""

import ast
import compileall
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from py_compile import PycInvalidationMode
from types import CodeType

# Where Lambda unpacks a function's code: the file names in tracebacks.
_TASK_ROOT = "/var/task"

_HAS_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def compile_tree(root: Path, *, keep_sources: bool) -> None:
    """Compile every Python file under `root` into an unchecked-hash `.pyc`.

    A zip keeps no useful time stamps, so time-stamped files would be compiled anew at every cold start.
    With `keep_sources` false each `.pyc` takes the place of its source, and has no docstrings, which
    nobody reads there. Raises CalledProcessError when a file does not compile.
    """
    command = [sys.executable, "-I", __file__, str(root), "with" if keep_sources else "without"]
    # One process, in sorted order: what is already interned decides a few bits of a .pyc.
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    if not keep_sources:
        for source in root.rglob("*.py"):
            source.unlink()


def without_docstrings(source: bytes, path: str) -> ast.Module:
    """The syntax tree of a file, all lines at their places; asserts stay, which -OO would take as well."""
    tree = ast.parse(source, path)
    for node in ast.walk(tree):
        if isinstance(node, _HAS_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body.pop(0)
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.copy_location(ast.Pass(), docstring))  # something must stand there
    return tree


def _compile_all(root: str, *, keep_sources: bool) -> bool:
    if not keep_sources:
        # Here compileall has every file compiled.
        setattr(SourceFileLoader, "source_to_code", _compiled_without_docstrings)  # noqa: B010 - typed narrowly
    done = compileall.compile_dir(
        root,
        force=True,
        quiet=1,
        legacy=not keep_sources,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        stripdir=root,
        prependdir=_TASK_ROOT,
    )
    return bool(done)


def _compiled_without_docstrings(
    _: SourceFileLoader, source: bytes, path: str, *, _optimize: int = -1
) -> CodeType:
    tree = without_docstrings(source, path)
    code: CodeType = compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)
    return code


if __name__ == "__main__":
    sys.exit(not _compile_all(sys.argv[1], keep_sources=sys.argv[2] == "with"))
