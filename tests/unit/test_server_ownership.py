"""Files of other accounts are told; what a server inherits from a shell is put right."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from modelbox_gateway.embedded.sockets import SocketFolder
from modelbox_gateway.operator_errors import MachineError, refused_by_machine
from modelbox_gateway.ownership import foreign_entry, taking

LIMITED = """
import os, resource
from modelbox_gateway.limits import prepare_process
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
os.umask(0)
prepare_process()
print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_own_files_are_none_of_another_account(tmp_path: Path) -> None:
    (tmp_path / "nats/deep").mkdir(parents=True)
    (tmp_path / "nats/deep/file").write_text("x")
    assert foreign_entry(tmp_path, ["nats", "absent"]) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two accounts")
def test_closed_file_of_another_account_is_told_with_its_owner(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "nats/deep").mkdir(parents=True)
    (data / "lost+found").mkdir(mode=0o700)
    (data / "nats/deep/file").write_text("x")
    (data / "nats/deep/file").chmod(0o600)
    for above in (data, data / "nats", data / "nats/deep"):
        os.chown(above, 54_321, 54_321)
    for above in tmp_path.parents:
        if above.stat().st_mode & 0o001 == 0:
            above.chmod(0o711)
    tmp_path.chmod(0o711)
    code = "import sys, pathlib; sys.path[:0] = sys.argv[2:]; import os; os.setgroups([]); os.setgid(54321)\n"
    code += "from modelbox_gateway.ownership import foreign_entry; os.setuid(54321)\n"
    code += "print(foreign_entry(pathlib.Path(sys.argv[1]), ['nats']))"
    told = subprocess.run([sys.executable, "-c", code, data, *sys.path], capture_output=True, text=True, check=True)
    assert told.stdout == f"{data / 'nats/deep/file'} belongs to root\n"


def test_command_that_takes_a_folder_can_be_pasted() -> None:
    assert taking(Path("/a b/'c")) == f"chown -R {os.geteuid()}:{os.getegid()} '/a b/'\"'\"'c'"


def test_refusal_of_the_machine_is_said_with_what_to_do_and_a_fault_of_ours_is_none() -> None:
    full = refused_by_machine(OSError(errno.ENOSPC, "No space left on device", "/data/x"))
    assert isinstance(full, MachineError)
    assert str(full) == "the machine refuses: /data/x: No space left on device; make room on that disk"
    assert refused_by_machine(OSError("odd")) is None
    assert refused_by_machine(ValueError("odd")) is None


def test_server_lets_nobody_else_write_and_takes_the_open_files_it_may_have() -> None:
    told = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True).stdout.split()
    _, permitted = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert told == ["0o22", str(min(permitted, 65_536))]


@pytest.mark.parametrize("path", ["/data", "/a b%20#+&/ü"])
def test_socket_is_named_beside_the_data_where_a_client_can_name_it(path: str) -> None:
    assert SocketFolder(Path(path)).path == Path(path, "run")


@pytest.mark.parametrize("path", ["/a,b", "/" + "x" * 100, "/" + "ü" * 50, "/\udcff"])
def test_socket_has_a_short_way_where_clients_could_not_name_it(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    one, other = SocketFolder(Path(path)), SocketFolder(Path(path + "2"))
    assert len(os.fsencode(one.path)) < 90
    assert one.path != other.path
    assert one.path == SocketFolder(Path(path)).path
