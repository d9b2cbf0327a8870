"""Who may log in to the embedded Postgres: the account that runs ModelBox and the one that runs Postgres.

The kernel tells Postgres who is at the other end of its socket (`peer`); nothing listens on TCP. The rules are written
at each start, so they hold for clusters of older versions too.
"""

import os
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.account import Account
from modelbox_gateway.ownership import name_of

_MAP: Final = "modelbox"
_HEAD: Final = "# ModelBox writes this file at each start of its Postgres; what is changed here is lost.\n"


def write_rules(data: Path, account: Account) -> None:
    """Write who may log in: as any role, for whoever may be superuser may be anybody."""
    # In a user namespace Postgres sees this process under the account's number.
    ids = {account.uid} if account.is_mapped else {account.uid, os.geteuid()}
    names = sorted(name_of(uid) for uid in ids)
    # Postgres knows accounts by name only. Where one has none, the closed folder of the socket alone keeps others out.
    method = f"peer map={_MAP}" if all(map(_can_be_quoted, names)) else "trust"
    users = "".join(f'{_MAP} "{name}" all\n' for name in names if _can_be_quoted(name))
    _write(data / "pg_ident.conf", users, account)
    _write(data / "pg_hba.conf", f"local all all {method}\nlocal replication all {method}\n", account)


def _can_be_quoted(name: str) -> bool:
    return bool(name) and not set(name) & set('"\n') and not name.startswith("/")


def _write(path: Path, rules: str, account: Account) -> None:
    """Replace a file of the account; a reader sees the old one or the new one."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as output:
        output.write(_HEAD + rules)
        if account.is_switched:
            os.fchown(output.fileno(), account.uid, account.gid)
    draft.replace(path)
