"""What the CLI prints, how its groups are found, and what it says when a package is missing."""

import fcntl
import json
import math
import os
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from modelbox.cli.lazy import LazyGroup
from modelbox.cli.main import main
from modelbox.cli.output import json_text, print_object, print_rows, shown
from modelbox.cli.tables import Column, fitted, table_lines, width_of
from modelbox.cli.values import read_time, read_value, read_values
from modelbox.config import read_config

TIME = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_json_holds_what_json_itself_cannot() -> None:
    value = {"time": TIME, "nan": math.nan, "inf": [math.inf, -math.inf], "bytes": b"\xff", "tags": ("a",), "n": 2**64}
    assert json.loads(json_text(value)) == {
        "time": "2030-01-02T03:04:05+00:00",
        "nan": "NaN",
        "inf": ["Infinity", "-Infinity"],
        "bytes": "/w==",
        "tags": ["a"],
        "n": 2**64,
    }


def test_nothing_shown_moves_the_terminals_cursor() -> None:
    assert shown("a\x1b[31mb\x07\r\x9b") == "a\ufffd[31mb\ufffd\ufffd\ufffd"
    assert shown(["x", "\x1b"]) == "x, \ufffd"
    assert shown({"k": "\x1b"}) == '{"k": "\\u001b"}'
    assert (shown(True), shown(None), shown(0.5), shown(b"ab")) == ("yes", "", "0.5", "2 bytes")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.000123, "1.23e-04"),
        (1e-4, "1e-04"),
        (-0.00012345, "-1.23e-04"),
        (12345, "12,345"),
        (12345.678, "12,345.7"),
        (1234567.0, "1,234,567"),
        (0.123456789, "0.123457"),
        (0.5, "0.5"),
        (3.0, "3"),
        (999.9999999, "1000"),
        (1.5e12, "1.5e+12"),
        (0.0, "0"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_are_shown_as_people_write_them(value: float, text: str) -> None:
    assert shown(value) == text


def test_json_and_csv_have_numbers_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"a": 0.000123, "b": 12345, "c": math.nan, "d": TIME, "e": True, "f": None, "g": ["x", "y"]}]
    print_rows(rows, columns=tuple("abcdefg"), output="csv")
    assert capsys.readouterr().out.splitlines()[1] == '0.000123,12345,NaN,2030-01-02T03:04:05+00:00,true,,"x, y"'
    print_rows(rows, columns=(), output="json")
    assert '"a": 0.000123' in capsys.readouterr().out


def test_a_list_in_json_is_that_of_json_itself(capsys: pytest.CaptureFixture[str]) -> None:
    lists: list[list[dict[str, object]]] = [[], [{}], [{"a": "x\u2028y\n", "b": [1, {"c": 2}]}, {"a": 1}]]
    for rows in lists:
        print_rows(rows, columns=(), output="json")
        assert capsys.readouterr().out == json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


class TestFitting:
    """A table is as wide as a terminal at most: ids, then wide columns are shortened, then the last ones left out."""

    IDS = ("0193a5c2-1f3b-7a01-8000-000000000001", "0193a5c2-1f3b-7b01-8000-000000000002")

    def table(self, width: int, *columns: Column) -> tuple[list[str], list[str]]:
        kept, left_out = fitted(columns, width)
        lines = list(table_lines(kept))
        assert max(map(width_of, lines)) <= width
        return lines, left_out

    def test_a_table_that_has_room_stays_as_it_is(self) -> None:
        lines, left_out = self.table(60, Column("id", self.IDS), Column("n", ("1", "20"), is_number=True))
        assert lines[2:] == [f"{self.IDS[0]}   1", f"{self.IDS[1]}  20"]
        assert left_out == []

    def test_ids_are_shortened_first_to_what_tells_them_apart(self) -> None:
        lines, _ = self.table(40, Column("id", self.IDS), Column("name", ("first", "second")))
        assert lines[2:] == ["0193a5c2-1f3b-7a01  first", "0193a5c2-1f3b-7b01  second"]
        assert all(one.startswith(line.split()[0]) for one, line in zip(self.IDS, lines[2:], strict=True))

    def test_wide_columns_are_shortened_before_narrow_ones(self) -> None:
        lines, left_out = self.table(40, Column("name", ("short",)), Column("comment", ("x" * 100,)))
        assert lines[2] == "short  " + "x" * 32 + "\u2026"
        assert left_out == []

    def test_columns_that_have_no_room_are_left_out_and_named(self) -> None:
        columns = [Column(f"column{n}", ("y" * 50,)) for n in range(6)]
        lines, left_out = self.table(40, *columns)
        assert left_out == ["column3", "column4", "column5"]
        assert len(lines[2].split()) == 3

    def test_wide_characters_count_twice(self) -> None:
        lines, _ = self.table(13, Column("name", ("\u8a9e" * 20,)), Column("n", ("1",)))
        assert lines[2] == "\u8a9e" * 4 + "\u2026  1"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_terminal_has_tables_that_fit_it_and_a_pipe_whole_ones() -> None:
    program = (
        "from modelbox.cli.output import print_rows\n"
        "print_rows([{'id': 'a' * 30, 'comment': 'x' * 300}], columns=('id', 'comment'), output='table')"
    )
    inner, outer = os.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    subprocess.run([sys.executable, "-c", program], stdout=outer, timeout=60, check=True)
    os.close(outer)
    with open(inner, "rb") as terminal:  # noqa: PTH123  # a descriptor
        shown_there = terminal.read1(10_000).decode().splitlines()
    assert max(map(len, shown_there)) <= 60
    piped = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "x" * 300 in piped.stdout


def test_a_table_in_a_pipe_has_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "1" * 36, "text": "[bold]" + "x" * 300, "more": "y"}, {"id": "2" * 36, "text": "b", "more": ""}]
    print_rows(rows, columns=("id", "text"), output="table")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 4
    assert lines[2].split() == ["1" * 36, "[bold]" + "x" * 300]


def test_an_object_is_a_line_a_field_that_is_not_empty(capsys: pytest.CaptureFixture[str]) -> None:
    row: dict[str, object] = {
        "id": "1",
        "tags": ("a", "b"),
        "owner": "",
        "labels": {},
        "deleted_at": None,
        "exists": False,
    }
    print_object({**row, "metrics": {"loss": {"min": 1}, "acc": {"min": 0}}}, output="table")
    lines = ["id            1", "tags          a, b", "exists        no"]
    assert capsys.readouterr().out.splitlines() == [*lines, 'metrics.loss  {"min": 1}', 'metrics.acc   {"min": 0}']


def test_values_are_json_or_text() -> None:
    assert read_values(("a=1", "b=x=y", 'c={"d": [1]}', "e=", "f=null"), what="metadata") == {
        "a": 1,
        "b": "x=y",
        "c": {"d": [1]},
        "e": "",
        "f": None,
    }
    assert read_value("[" * 100_000) == "[" * 100_000
    for bad in (("a",), ("=1",), ("a=1", "a=2")):
        with pytest.raises(click.UsageError, match=r"^metadata: "):
            read_values(bad, what="metadata")


def test_every_command_has_help_with_an_example() -> None:
    def walk(command: click.Command, path: list[str]) -> None:
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0, path
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                walk(child, [*path, name])
        else:
            assert "Example: modelbox " + " ".join(path) in " ".join(result.output.split()), path

    for group in ("client", "completion"):
        command = main.get_command(click.Context(main), group)
        assert command is not None
        walk(command, [group])


def test_a_command_whose_package_is_missing_says_what_to_install() -> None:
    @click.command(cls=LazyGroup, lazy={"server": "no_such_package.cli:server"})
    def program() -> None:
        """Stand for `modelbox`."""

    assert "pip install" in CliRunner().invoke(program, ["--help"]).output
    for arguments in (["server", "start"], ["server", "--help"], ["server", "start", "--role", "all"]):
        result = CliRunner().invoke(program, arguments)
        assert result.exit_code == 1
        assert "no_such_package" in result.output
        assert "pip install 'modelbox[server]'" in result.output


def test_the_configuration_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    arguments = ["client", "init-config", "--path", str(path)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert read_config(path).server_addr == "localhost:8085"
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 1
    assert "--force" in again.output
    assert CliRunner().invoke(main, [*arguments, "--force"]).exit_code == 0
    nowhere = CliRunner().invoke(main, ["client", "init-config", "--path", str(tmp_path / "no" / "where.toml")])
    assert nowhere.exit_code == 1
    assert "No such file" in nowhere.output


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["client", "models", "list", "--server-addr", "localhost"], "server_addr: 'localhost' is not host:port"),
        (["client", "models", "list", "--config-path", "missing.toml"], "missing.toml cannot be read"),
    ],
)
def test_a_bad_address_is_one_line(arguments: list[str], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELBOX_API_ADDR", raising=False)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {problem}")
    assert result.output.count("\n") == 1


def test_help_loads_no_server_and_no_tables() -> None:
    program = (
        "import sys\nfrom modelbox.cli.main import main\n"
        "try: main(['client', 'models', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('rich', 'asyncpg', 'modelbox_gateway') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_completion_prints_a_script() -> None:
    for shell in ("bash", "zsh", "fish"):
        result = CliRunner().invoke(main, ["completion", shell])
        assert result.exit_code == 0
        assert "_MODELBOX_COMPLETE" in result.output


def test_a_time_is_shown_as_filters_and_options_read_it() -> None:
    berlin = TIME.astimezone(timezone(timedelta(hours=2)))
    assert shown(berlin) == shown(TIME) == "2030-01-02 03:04:05Z"
    command = click.Command("watch", params=[click.Option(["--since"])])
    assert read_time(click.Context(command), command.params[0], shown(TIME)) == TIME.timestamp()
