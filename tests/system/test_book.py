# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects: what README and book say is true. Their commands print what is shown, the code they
quote is the code that is built and tested, their links lead somewhere."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import console
import sermux

ROOT = console.ROOT
PAGES = [ROOT / "README.md", *sorted((ROOT / "book").rglob("*.md"))]
OTHERS = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md"]
PROSE = [*PAGES, *(ROOT / name for name in OTHERS)]

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"")
QUOTE = re.compile(r"^<!-- ([\w./-]+) \[([\w-]+)\] -->\n\Z", re.M)
TOP = "(?:source|platforms|tools|tests|book|bench|fuzz|models)"
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
# The environment's, and a pattern of names.
NAMES_ELSEWHERE = {"MN_GOLDEN", "MN_SHUFFLE", "mn_verb_noun"}
REGION = r"^/\* \[{}\] \*/\n(.*?)^/\* \[end\] \*/$"


def named(pages):
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


def blocks(page, *languages):
    return [block for block in console.blocks(page.read_text()) if block[1] in languages]


def in_own_network(*command):
    command = ["unshare", "--map-root-user", "--net", *command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


@pytest.mark.parametrize("page", named(page for page in PAGES if blocks(page, "console")))
def test_commands_print_what_is_shown(page):
    if not shutil.which("nc"):
        pytest.skip("no nc")
    refused = in_own_network("true")
    if refused.returncode != 0:
        pytest.skip(f"no network of its own: {refused.stderr.strip()}")
    done = in_own_network(sys.executable, console.__file__, str(page))
    assert done.returncode == 0, done.stderr


def quoted(page):
    """Yields (line number, content, what is named above it) of each block of C."""
    lines = page.read_text().splitlines(keepends=True)
    for number, _language, _argument, content in blocks(page, "c"):
        yield number, content, QUOTE.search("".join(lines[: number - 1]))


@pytest.mark.parametrize("page", named(page for page in PAGES if blocks(page, "c")))
def test_quoted_code_is_the_code(page):
    for number, content, marker in quoted(page):
        if not marker:
            continue
        source = (ROOT / marker[1]).read_text()
        region = re.search(REGION.format(marker[2]), source, re.M | re.S)
        assert region, f"{page}:{number}: {marker[1]} has no region [{marker[2]}]"
        assert content == region[1], f"{page}:{number} is not {marker[1]} [{marker[2]}]"


def public_names():
    headers = (ROOT / "source").glob("*/include/**/*.h")
    return set(re.findall(r"\w+", "".join(header.read_text() for header in headers)))


@pytest.mark.parametrize("page", named(PROSE))
def test_names_and_paths_exist(page):
    """In text between backquotes, and in code that is a sketch."""
    text = page.read_text()
    code = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    code += [content for _number, content, marker in quoted(page) if not marker]
    names = public_names()
    for piece in code:
        for name in re.findall(r"\b(?:mn|MN)_[A-Za-z]\w+", piece):
            assert name in names or name in NAMES_ELSEWHERE, name
        header = re.fullmatch(r"<(mnemos/[\w/]+\.h)>", piece)
        assert not header or list((ROOT / "source").glob(f"*/include/{header[1]}")), piece
        path = re.fullmatch(TOP + r"/[\w/.-]+", piece)
        if path and not re.search("NOUN|NAME|VERB", piece):
            assert (ROOT / piece).exists(), piece
        verb = re.match(r"\./mn (\w+)", piece)
        assert not verb or (ROOT / "tools/mn" / verb[1]).exists() or verb[1] == "VERB", piece


@pytest.mark.parametrize("page", named(PAGES))
def test_commands_are_in_blocks_that_are_run(page):
    assert not blocks(page, "sh", "bash", "shell", "shell-session")


def anchors(page):
    """Of the headings, as on a web page that shows them."""
    for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", named(PROSE))
def test_links_lead_somewhere(page):
    for match in LINK.finditer(page.read_text()):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if "://" in target:
            continue
        path = page.parent / target if target else page
        assert path.exists(), match[0]
        assert not anchor or anchor in anchors(path), match[0]


def test_every_page_can_be_reached_from_the_summary():
    reached, new = set(), {ROOT / "book/SUMMARY.md"}
    while new:
        reached |= new
        targets = {
            (page.parent / (match[1] or match[2]).partition("#")[0]).resolve()
            for page in new
            for match in LINK.finditer(page.read_text())
        }
        new = (targets & set(PAGES)) - reached
    assert set(PAGES) == reached


def test_frames_of_the_reference_are_frames():
    rows = re.findall(
        r"^\| (\w+) \| `([0-9a-f ]+)` \| `([0-9a-f ]+)` \|$",
        (ROOT / "book/reference/wire-format.md").read_text(), re.M,
    )  # fmt: skip
    assert len(rows) == 5
    for port, payload, wire in rows:
        assert sermux.frame(int(port, 0), bytes.fromhex(payload)) == bytes.fromhex(wire)


def test_the_readme_has_the_figure_of_the_benchmarks():
    readme = (ROOT / "README.md").read_text()
    table = (ROOT / "book/reference/benchmarks.md").read_text()
    shown = re.search(r"^\| \*\*MnemOS, service call\*\*[^|]*\| \*\*(\d+)\*\*", readme, re.M)
    assert shown[1] == re.search(r"^\| `call` \| (\d+) instr", table, re.M)[1]


def test_the_porting_guide_lists_the_functions_of_a_platform():
    header = (ROOT / "source/kernel/include/mnemos/platform.h").read_text()
    declared = re.findall(r"^[\w ]+\b(mn_platform_\w+)\(", header, re.M)
    guide = (ROOT / "book/port-to-a-board.md").read_text()
    assert re.findall(r"^\| `(mn_platform_\w+)` \|", guide, re.M) == declared != []


# --- The runner: what must not pass


@pytest.mark.parametrize(
    "content, passes",
    [
        ("$ echo a; echo b\na\nb\n", True),
        ("$ echo a; echo b\na\n", False),
        ("$ echo a\na\nb\n", False),
        ("$ echo 12 34\n1... 34\n", True),
        ("$ echo a; echo b; echo c\n...\nc\n", True),
        ("$ echo a\n...\nc\n", False),
        ("$ cat << end\n> a\n> b\n> end\na\nb\n", True),
        ("$ printf 'a\\r\\n'\na\n", True),
        ("$ false\n", False),
        ("$ false\n$ echo $?\n1\n", True),
        ("$ echo a > f\n$ tail -f f\na\n...\n^C\n$ echo b\nb\n", True),
        ("$ echo a > f\n$ tail -f f\na\n...\n", True),
    ],
)
def test_runner_compares(tmp_path, content, passes):
    terminal = console.Page(tmp_path)
    try:
        terminal.run("", content)
        terminal.end()
        assert passes
    except console.Differs:
        assert not passes
    finally:
        terminal.kill()


def test_runner_goes_on_with_what_a_command_says_later(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    page = console.Page(tmp_path)
    try:
        page.run("", "$ sh -c 'echo begun; cat pipe'\nbegun\n...\n")
        page.run("other", "$ echo later > pipe\n")
        page.run("", "later\n")
        page.end()
    finally:
        page.kill()
