"""The examples of a page: what it shows a reader typing, and what comes of it.

A page's examples build on one another, from the top down, in one folder:

- ``console`` blocks hold commands after ``$``, each followed by what it prints. A line of ``...`` stands for
  any lines, ``...`` within a line for any text.
- ``python`` blocks run in one namespace.
- ``{code-block}`` blocks with a ``:caption:`` are files of that name.
"""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openrow.cli.main import USER_MISTAKE, main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
    if "_build" not in page.parts and "auto_gallery" not in page.parts
)

_FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^:(\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    kind: str
    text: str
    line: int

    @property
    def caption(self) -> str | None:
        """The file that the block is, if it says so."""
        return dict(_OPTION.findall(self.text)).get("caption")

    @property
    def content(self) -> str:
        """The text without the options above it."""
        return re.sub(r"\A(:\w+: [^\n]*\n)*\n?", "", self.text)


@dataclass(frozen=True)
class Command:
    """A command of a console block and what the page says it prints."""

    words: list[str]
    expected: list[str]
    line: int


@dataclass
class Page:
    """A page and the state its examples share."""

    path: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__page__"})

    @property
    def blocks(self) -> Iterator[Block]:
        """All fenced blocks, in order."""
        text = self.path.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            yield Block(match["kind"].strip(), match["text"], text.count("\n", 0, match.start()) + 1)

    def run(self) -> None:
        """Run every example in the present folder.

        Raises
        ------
        AssertionError
            Naming the page and line of an example that does not do what the page says.
        """
        for block in self.blocks:
            if block.caption is not None:
                Path(block.caption).write_text(block.content, encoding="utf-8")
            elif block.kind == "python":
                source = "\n" * block.line + block.text
                with redirect_stdout(io.StringIO()):
                    exec(compile(source, str(self.path), "exec"), self.names)
            elif block.kind == "console":
                for command in commands(block):
                    if command.words[0] == "openrow":
                        self._check(command)

    def _check(self, command: Command) -> None:
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            status = main(command.words[1:])
        lines = [line.rstrip() for line in printed.getvalue().splitlines()]
        place = f"{self.path.relative_to(ROOT)}:{command.line}: {shlex.join(command.words)}"
        mistake = any(line.startswith("Error:") for line in command.expected)
        assert status == (USER_MISTAKE if mistake else 0), f"{place}: status {status}\n" + "\n".join(lines)
        if command.expected:
            assert matches(command.expected, lines), f"{place}: printed\n" + "\n".join(lines)


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block; a backslash at the end of a line continues it."""
    lines = block.text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        last = start
        while lines[last].endswith("\\"):
            last += 1
        typed = " ".join(line.removesuffix("\\") for line in lines[start : last + 1])
        yield Command(shlex.split(typed[2:]), lines[last + 1 : end], block.line + 1 + start)


def matches(expected: list[str], printed: list[str]) -> bool:
    """Whether what was printed is what a page shows, with its gaps."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.rstrip().split("...")) + "\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
