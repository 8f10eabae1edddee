"""Write chalicelib/accounts/common_passwords.txt: the common passwords that would satisfy rule R2 otherwise.

They are chosen from the 30,000 of zxcvbn, which is too large to ship. `python -m tools.common_passwords`.
"""

from collections.abc import Iterator

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chalicelib.accounts.passwords import COMMON_PASSWORDS, MIN_CHARACTERS

# One of them can be a capital, the other not.
_MIN_LETTERS = 2


def content() -> str:
    """The file's text: folded, one a line, in alphabetical order."""
    return "".join(f"{each}\n" for each in sorted(set(_of_interest())))


def _of_interest() -> Iterator[str]:
    for password in map(str.casefold, FREQUENCY_LISTS["passwords"]):
        letters = sum(map(str.isalpha, password))
        if len(password) >= MIN_CHARACTERS and letters >= _MIN_LETTERS and any(map(str.isdigit, password)):
            yield password


if __name__ == "__main__":
    COMMON_PASSWORDS.write_text(content())
