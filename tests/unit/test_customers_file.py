"""The file of an import, as spreadsheets and databases write it, and files that are none."""

import tracemalloc
from pathlib import Path

import pytest

from tools.operator.customers_file import COLUMNS, Row, Unreadable, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def rows_of(path: Path, content: str | bytes, **how: int) -> list[Row]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with opened(path) as customers:
        return list(customers.rows(**how))


JAN = {"login": "jan", "email": "jan@poczta.example"}


@pytest.mark.parametrize(
    "content",
    [
        "login,email\njan,jan@poczta.example\n",
        "login;email\njan;jan@poczta.example\n",
        "login,email\r\njan,jan@poczta.example\r\n",
        "\ufefflogin,email\njan,jan@poczta.example",
        '"login","email"\n"jan","jan@poczta.example"\n',
        "\ufeff Login ; E-Mail \n jan ; jan@poczta.example \n".replace("E-Mail", "EMAIL"),
        "email,login\njan@poczta.example,jan\n",
        "login,email,balance,sip_number\njan,jan@poczta.example,,  \n",
        "login,email\n\n,\njan,jan@poczta.example\n\n",
    ],
)
def test_these_files_have_one_customer(path: Path, content: str) -> None:
    [row] = rows_of(path, content)
    assert row.values == JAN
    assert row.problem is None


def test_a_row_without_login_or_address_is_the_apis_to_refuse(path: Path) -> None:
    [row] = rows_of(path, "login,email,language\n,jan@poczta.example,pl\n")
    assert row.values == {"login": "", "email": "jan@poczta.example", "language": "pl"}


def test_every_row_knows_its_line(path: Path) -> None:
    content = 'login,email\njan,a\n\n"zo\nfia",b\newa,c\n'
    assert [(row.line, row.values["login"]) for row in rows_of(path, content)] == [
        (2, "jan"),
        (4, "zo\nfia"),
        (6, "ewa"),
    ]


@pytest.mark.parametrize(("from_line", "logins"), [(1, "jze"), (2, "jze"), (3, "ze"), (4, "e"), (5, "")])
def test_reading_goes_on_from_a_line(path: Path, from_line: int, logins: str) -> None:
    rows = rows_of(path, "login,email\nj,a\nz,b\ne,c\n", from_line=from_line)
    assert "".join(row.values["login"] for row in rows) == logins


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "the column login, email is missing"),
        ("login\njan\n", "the column email is missing"),
        (
            "login,email,haslo\n",
            "there is no column 'haslo'; the columns are login, email, last_notified_email",
        ),
        ("login,email,\n", "there is no column ''"),
        ("jan,jan@poczta.example\n", "there is no column 'jan', 'jan@poczta.example'"),
        ("login\temail\n", r"there is no column 'login\\temail'"),
        ("login,email,login\n", "a column stands there twice"),
        (b"\xff\xfel\x00o\x00", "line 1: not UTF-8"),
        ("login," + "x" * 9000, "there is no column 'xxx"),
    ],
)
def test_a_file_with_another_header_is_refused(path: Path, content: str | bytes, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint) as refused:
        rows_of(path, content)
    assert str(refused.value).startswith("line 1")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("żółw,z@poczta.example\n".encode("cp1250"), "line 3: not UTF-8; try `iconv -f cp1250"),
        (b'"jan"x,jan@poczta.example\n', "line 3: ',' expected after '\"'"),
        (b'"jan' + b",jan@poczta.example\n" * 20_000, "line 3: field larger than field limit"),
        (b"jan" * 40_000, "line 3: longer than any row"),
        (b'"jan,jan@poczta.example\n', "line 3: unexpected end of data"),
    ],
)
def test_a_file_that_breaks_off_is_refused_where_it_does(path: Path, line: bytes, complaint: str) -> None:
    content = b"login,email\nzofia,zofia@poczta.example\n" + line
    path.write_bytes(content)
    with opened(path) as customers:
        rows = customers.rows()
        assert next(rows).values["login"] == "zofia"
        with pytest.raises(Unreadable, match=complaint):
            list(rows)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("jan", "wrong_number_of_fields"),
        ("jan,jan@poczta.example,$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "wrong_number_of_fields"),
        ("jan,jan@poczta.example," + "x" * 5000, "row_too_large"),
        ("jan,jan@poczta.example," + "ż" * 1000, "row_too_large"),
    ],
)
def test_a_row_that_cannot_be_sent_is_marked_and_the_others_go_on(
    path: Path, line: str, problem: str
) -> None:
    content = f"login,email,password_hash\n{line}\nzofia,zofia@poczta.example,\n"
    marked, good = rows_of(path, content)
    assert (marked.line, marked.values, marked.problem) == (2, {}, problem)
    assert (good.line, good.problem) == (3, None)


def test_all_columns_together_are_understood(path: Path) -> None:
    [row] = rows_of(path, ",".join(COLUMNS) + "\n" + ",".join("x" * len(COLUMNS)) + "\n")
    assert row.values == dict.fromkeys(COLUMNS, "x")


def test_how_much_was_read_is_known(path: Path) -> None:
    path.write_text("login,email\n" + "jan,jan@poczta.example\n" * 20_000)
    with opened(path) as customers:
        shares = [customers.share_read for _ in customers.rows()]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == 1


def test_a_large_file_takes_no_more_memory_than_a_small_one(path: Path) -> None:
    def peak(rows: int) -> int:
        with path.open("w") as lines:
            lines.write("login,email\n")
            lines.writelines(f"klient-{number},klient-{number}@poczta.example\n" for number in range(rows))
        tracemalloc.start()
        try:
            with opened(path) as customers:
                assert sum(1 for _ in customers.rows()) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(50_000) < 1.2 * peak(5_000)
