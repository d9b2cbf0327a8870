"""What the gateway knows of a kind of object stands in the kind's own files, and is found there."""

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Final

import pytest

from modelbox_events.registry import REGISTRY
from modelbox_events.types.artifact import ARTIFACT
from modelbox_gateway.rpc import methods
from modelbox_gateway.rules.kinds import own_creations, rules_of
from tests.architecture.tree import REPOSITORY, source_files

GATEWAY: Final = Path("gateway/modelbox_gateway")
COMMON: Final = ("commands", "rpc/frame", "rpc/lookup", "rpc/messages")
"""Folders that serve objects of every kind. All of these can have artifacts."""


@pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
def test_each_kind_says_what_it_is_like_in_its_own_file(kind: str) -> None:
    assert rules_of(kind).kind == kind


def test_each_kind_has_at_most_one_event_that_begins_its_own_stream() -> None:
    begun = [event.target.kind for event in own_creations() if event.target]
    assert sorted(begun) == sorted(kind for kind in REGISTRY.kinds if rules_of(kind).has_own_stream)


@pytest.mark.parametrize("name", [found.name for found in pkgutil.iter_modules(methods.__path__)])
def test_each_module_of_methods_exports_what_it_serves(name: str) -> None:
    assert callable(importlib.import_module(f"{methods.__name__}.{name}").methods)


def test_what_serves_every_kind_names_none() -> None:
    kinds = "|".join(sorted(REGISTRY.kinds - {ARTIFACT}))
    of = r"^ *(?:from|import) modelbox_(?:events\.types|gateway\.rules)(?:\.| import )"
    named = re.compile(rf"{of}({kinds})\b", re.MULTILINE)
    common = [path for path in source_files() if any(path.is_relative_to(GATEWAY / folder) for folder in COMMON)]
    assert common
    texts = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in common}
    assert [f"{path}: {kind}" for path, text in texts.items() for kind in named.findall(text)] == []
