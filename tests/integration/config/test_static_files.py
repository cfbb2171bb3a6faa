"""Static files as production serves them: collected under hashed names, and followed from file to file."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from posixpath import normpath

import pytest

from tests.support.chorus import ROOT, manage
from tests.support.production import production_variables

OURS = ("realtime/", "ui/", "chat/", "presence/", "dashboard/", "accounts/")
IMPORT = re.compile(
    r"""^\s*(?:import\s*(?:[\w$*{}\s,]+?\s*from\s*)?|export\s*(?:\*[\w\s]*|\{[^}]*\})\s*from\s*)["']([^"']+)["']""",
    re.MULTILINE,
)
LAZY_IMPORT = re.compile(r"""\bimport\(\s*["']([^"']+)["']""")
CSS_URL = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])([^"')]+)""")
TEMPLATE_STATIC = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")
# Django rewrites a chain of imports by going over all files again and again, five times at most.
DEPTH_MAX = 5


class Collected:
    """What collectstatic left: files by hashed name, and the manifest that leads to them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest: dict[str, str] = json.loads((root / "staticfiles.json").read_text())["paths"]
        self.hashed = set(self.manifest.values())

    def ours(self, suffix: str) -> list[str]:
        return [hashed for name, hashed in self.manifest.items() if name.startswith(OURS) and name.endswith(suffix)]

    def references(self, hashed: str) -> list[str]:
        text = (self.root / hashed).read_text()
        if hashed.endswith(".css"):
            return [found for found in CSS_URL.findall(text) if not found.startswith(("data:", "#"))]
        return IMPORT.findall(without_comments(text)) + LAZY_IMPORT.findall(without_comments(text))

    def target(self, hashed: str, reference: str) -> str:
        path, _, _ = reference.partition("#")
        return normpath(str(PurePosixPath(hashed).parent / path))


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Collected:
    root = tmp_path_factory.mktemp("static")
    manage(production_variables(STATIC_ROOT=str(root)), "collectstatic", "--no-input", "--verbosity", "0")
    return Collected(root)


def test_every_import_leads_to_a_hashed_file(collected):
    scripts = collected.ours(".js")
    lost = [
        f"{script}: {reference}"
        for script in scripts
        for reference in collected.references(script)
        if not reference.startswith(".") or collected.target(script, reference) not in collected.hashed
    ]
    assert len(scripts) > 10
    assert any(collected.references(script) for script in scripts)
    assert lost == []


def test_every_style_sheet_refers_to_hashed_files_alone(collected):
    sheets = collected.ours(".css")
    lost = [
        f"{sheet}: {reference}"
        for sheet in sheets
        for reference in collected.references(sheet)
        if collected.target(sheet, reference) not in collected.hashed
    ]
    assert sheets
    assert lost == []


def test_the_import_graph_has_no_cycle_and_is_not_too_deep(collected):
    imports = {
        script: [collected.target(script, reference) for reference in collected.references(script)]
        for script in collected.ours(".js")
    }
    chains = [longest(imports, script, ()) for script in imports]
    assert [chain for chain in chains if len(chain) > DEPTH_MAX] == []


def test_every_file_that_a_template_names_is_there(collected):
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in TEMPLATE_STATIC.findall(template.read_text())
    }
    assert named
    assert named - set(collected.manifest) == set()


def test_collected_files_have_compressed_copies(collected):
    script = collected.root / collected.ours(".js")[0]
    assert script.with_name(f"{script.name}.gz").exists()


def test_only_published_files_of_npm_packages_are_collected(collected):
    from config.staticfiles import PUBLISHED

    expected = {f"npm/{package}/{file}" for package, files in PUBLISHED.items() for file in files}
    assert {name for name in collected.manifest if name.startswith("npm/")} == expected


def longest(imports: dict[str, list[str]], script: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Give the longest chain of imports from a script; a cycle ends in the script it began with."""
    chain = (*seen, script)
    if script in seen:
        pytest.fail(f"modules import each other: {' → '.join(chain)}")
    return max((longest(imports, target, chain) for target in imports.get(script, [])), key=len, default=chain)


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
