"""What a working tree has beyond its commit, as a patch that `git apply` takes: tracked files, and the program itself.

Other files that git does not track are left out, as other trackers leave them out too: data and results lie there. So
are files whose names look like secrets; the patch's head names them.
"""

import os
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from time import monotonic, sleep
from typing import Final, NamedTuple

from modelbox.capture.git import WorkingTree, end, start
from modelbox.limits import DIFFERENCE_BYTES_MAX
from modelbox.oddities import clean_line

TIMEOUT_S: Final = 0.8
"""How long git may take for all of it, in seconds: the training waits for that."""

NAMED_MAX: Final = 20
"""Files left out that the head names."""

_LOOK_S: Final = 0.002
_NAME_CHARS_MAX: Final = 200

_SECRETS: Final = (
    *(".env", ".env.*", "*.env", ".envrc", ".netrc", "_netrc", ".pgpass", ".my.cnf", ".htpasswd", ".npmrc", ".pypirc"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdb", "*.kdbx", "*.ppk", "*.asc", "*.gpg"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker"),
    *("*credential*", "*secret*", "*password*", "*passwd*", "*api_key*", "*apikey*", "kubeconfig*", "*.tfstate*"),
    *(".git-credentials", "service-account*.json", "service_account*.json"),
)
"""Names of files and folders, in small letters, that look like secrets."""

_NO_COMMIT: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The empty tree, which every repository knows: what all is new against as long as there is no commit."""

# One form, whatever a repository or its user configured; and no program of theirs that would make another one of it.
_DIFF: Final = (
    *("diff", "--binary", "--full-index", "--unified=3", "--inter-hunk-context=0", "--no-color", "--no-renames"),
    *("--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
    *("--submodule=short", "--ignore-submodules=dirty"),
)


class Difference(NamedTuple):
    """A patch, empty if there is nothing to keep; or why it is not kept, if there is something."""

    patch: bytes
    problem: str = ""


def difference(tree: WorkingTree) -> Difference:
    """Return what a working tree has beyond its commit. Never raises, and takes `TIMEOUT_S` at most."""
    left_out = [path for path in (*tree.changed, tree.untracked) if looks_secret(path)]
    base = tree.commit or _NO_COMMIT
    questions: list[Sequence[str]] = []
    if tree.changed:
        questions.append((*_DIFF, base, "--", ":(top)", *(f":(top,exclude,literal){path}" for path in left_out)))
    if tree.untracked and tree.untracked not in left_out:
        questions.append((*_DIFF, "--no-index", "--", os.devnull, tree.untracked))
    found = _answers(tree.top, questions)
    if found.problem or not found.patch:
        only_secrets = "what has changed are files alone whose names look like secrets" if left_out else ""
        return Difference(b"", found.problem or only_secrets)
    return _bounded(_head(tree.commit, left_out) + found.patch)


def looks_secret(path: str) -> bool:
    """Tell whether a file is named as secrets are, or is in a folder that is."""
    parts = [part.casefold() for part in PurePosixPath(path).parts]
    return any(fnmatchcase(part, pattern) for part in parts for pattern in _SECRETS)


def _head(commit: str, left_out: Sequence[str]) -> bytes:
    """Return lines that `git apply` passes over, as it does everything before the first file."""
    lines = [f"# What a working tree had beyond commit {commit or '(none yet)'}; `git apply` takes this file."]
    if left_out:
        names = ", ".join(clean_line(path, chars_max=_NAME_CHARS_MAX) for path in left_out[:NAMED_MAX])
        more = f" and {len(left_out) - NAMED_MAX} more" if len(left_out) > NAMED_MAX else ""
        lines.append(f"# Left out, for their names look like secrets: {names}{more}")
    return "".join(f"{line}\n" for line in lines).encode()


def _bounded(patch: bytes) -> Difference:
    if len(patch) <= DIFFERENCE_BYTES_MAX:
        return Difference(patch)
    return Difference(b"", f"it has more than {DIFFERENCE_BYTES_MAX:,} bytes")


def _answers(top: Path, questions: Sequence[Sequence[str]]) -> Difference:
    """Return git's answers to all questions, one after another; or why there are none."""
    deadline = monotonic() + TIMEOUT_S
    patch = b""
    for question in questions:
        try:
            answer = _answer(top, question, deadline)
        except OSError as error:
            return Difference(b"", f"git cannot be asked for it: {error}")
        if answer.problem:
            return answer
        patch += answer.patch
    return _bounded(patch)


def _answer(top: Path, question: Sequence[str], deadline: float) -> Difference:
    """Ask git one question. It answers into a file: a pipe would hold up whoever reads it as long as git hangs."""
    with tempfile.TemporaryFile() as answer:
        process = start(top, question, into=answer)
        try:
            while process.poll() is None:
                if monotonic() > deadline:
                    return Difference(b"", f"git took longer than {TIMEOUT_S} s for it")
                if os.fstat(answer.fileno()).st_size > DIFFERENCE_BYTES_MAX:
                    break
                sleep(_LOOK_S)
        finally:
            end(process)
        # Without an index, git says by its code that there is a difference, as `diff` does.
        expected = {0, 1} if "--no-index" in question else {0}
        answer.seek(0)
        patch = answer.read(DIFFERENCE_BYTES_MAX + 1)
        if len(patch) <= DIFFERENCE_BYTES_MAX and process.returncode not in expected:
            return Difference(b"", f"git failed to tell it, with code {process.returncode}")
        return _bounded(patch)
