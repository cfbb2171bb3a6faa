"""The lock files of the peers: exact versions and hashes, and no word of where packages are downloaded."""

from __future__ import annotations

import json
import re

from tests.support.chorus import ROOT

PEERS = ROOT / "benchmarks/peers"
PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def test_python_packages_are_pinned_by_hash_and_nothing_says_where_they_are():
    text = (PEERS / "requirements.txt").read_text()
    assert "://" not in text
    assert len(PINNED.findall(text)) == text.count("\n") - len(re.findall(r"^    --hash=sha256:", text, re.MULTILINE))


def test_what_chorus_runs_on_has_the_same_version_for_both():
    ours = dict(PINNED.findall((ROOT / "requirements/dev.txt").read_text()))
    theirs = dict(PINNED.findall((PEERS / "requirements.txt").read_text()))
    shared = ours.keys() & theirs.keys()
    assert {"uvicorn", "uvloop", "httptools", "websockets", "redis"} <= shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}


def test_npm_packages_are_pinned_by_hash_and_nothing_says_where_they_are():
    packages = json.loads((PEERS / "node/package-lock.json").read_text())["packages"]
    del packages[""]
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert [name for name, package in packages.items() if "resolved" in package] == []
