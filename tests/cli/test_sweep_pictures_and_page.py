"""Drawing a sweep from the command line, and its page, also in a real browser where there is one."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from openrow.cli.main import main

SPEC = """
sweep:
  about: a "small" <sweep>
  architecture: memory/ddr4-2400
  trace: {source: bilinear, parameters: {height: 16, width: 16, out_height: 8, out_width: 8, channels: 16}}
  axes:
    - {key: memory.channels, values: [1, 2, 4]}
    - {key: memory.mapping, values: [RoRaBaCoBgCh, RoRaBaBgCoCh]}
    - {key: memory.controller.page_policy, values: [open, closed]}
  derived: {operations: 64 * 16 * 8}
"""
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep's directory."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "spec.yaml").write_text(SPEC)
    assert main(["sweep", str(folder / "spec.yaml"), "-o", str(folder / "results"), "-w", "1"]) == 0
    return folder / "results"


@pytest.mark.parametrize(
    "kind",
    ["pareto", "heatmap", "sensitivity", "energy-breakdown", "roofline", "latency", "scaling"],
)
def test_every_kind_is_drawn_of_a_directory_alone(
    kind: str, swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "picture.svg"
    assert main(["plot", kind, str(swept), "-o", str(output)]) == 0
    assert output.read_bytes().startswith(b"<?xml")
    assert "of 12 points" in capsys.readouterr().out


def test_options_reach_the_picture(swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "a.png")
    rate = ["plot", "rate-speedup", str(swept), "-o", output, "--y", "bandwidth_gb_per_s.delivered"]
    assert main([*rate, "--where", "channels == 2"]) == 0
    assert "of 4 points" in capsys.readouterr().out
    assert main(["plot", "roofline", str(swept), "-o", output, "--operations", "1e6", "--peak", "10"]) == 0
    pareto = ["plot", "pareto", str(swept), "-o", output, "--x", "row_hit_rate", "--x-goal", "less"]
    assert main([*pareto, "--y", "time_ns", "--y-goal", "more"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pareto", "-o", "a.png", "--x", "time_n"], "no column 'time_n'; the nearest is 'time_ns'"),
        (["heatmap", "-o", "a.png", "--x", "chanels"], "no column 'chanels'; the nearest is 'channels'"),
        (["rate-speedup", "-o", "a.png"], "no column 'sampling_speedup'"),
        (["scaling", "-o", "a.png", "--x", "page_policy"], "holds no numbers but such as 'open'"),
        (["sensitivity", "-o", "a.jpg"], "should end in png, svg, pdf"),
        (["sensitivity", "-o", "a.png", "--where", "channels > 9"], "no row meets --where"),
        (["sensitivity", "-o", "no/such/a.png"], "cannot be written"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(
    arguments: list[str],
    said: str,
    swept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", arguments[0], str(swept), *arguments[1:]]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_without_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "pareto", str(tmp_path), "-o", "a.png"]) == 2
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "a.html")]) == 2
    assert capsys.readouterr().err.count("is no directory of a sweep") == 2
    assert main(["report", str(tmp_path), "-o", "a.pdf"]) == 2
    assert "should end in .html" in capsys.readouterr().err


class _Page(HTMLParser):
    """What a page refers to, and its tables as rows of texts."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.anchors: set[str] = set()
        self.tables: dict[str, list[list[str]]] = {}
        self.open: list[str] = []
        self._table: list[list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.references += [given[name] or "" for name in ("src", "href", "action") if name in given]
        if given.get("id"):
            self.anchors.add(given["id"] or "")
        if tag not in ("meta", "link", "img", "input"):
            self.open.append(tag)
        if tag == "table":
            self._table = self.tables.setdefault(given["id"] or "", [])
        if tag == "tr" and self._table is not None:
            self._table.append([])
        if tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"
        if tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._table is not None and self.open[-1] in ("td", "button"):
            self._table[-1][-1] += data


def parsed(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page


@pytest.fixture(scope="module")
def page_file(swept: Path) -> Path:
    file = swept.parent / "page.html"
    assert main(["report", str(swept), "-o", str(file)]) == 0
    return file


def test_a_page_is_sound_and_needs_nothing_else(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    page = parsed(text)
    assert page.open == []
    assert all(reference.startswith(("data:", "#")) for reference in page.references)
    assert {reference[1:] for reference in page.references if reference.startswith("#")} <= page.anchors
    assert not re.search(
        r"url\(|@import|fetch\(|XMLHttpRequest", text.split("<body>")[0] + text.split("<script>")[1]
    )


def test_a_page_holds_points_figures_configuration_and_environment(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    page = parsed(text)
    points = page.tables["points-table"]
    assert points[0][:3] == ["memory.channels", "memory.mapping", "memory.controller.page_policy"]
    assert len(points) == 13
    assert {"row-hit rate, %", "time, us"} <= set(points[0])
    assert text.count("data:image/svg+xml;base64,") == 7
    assert "a &quot;small&quot; &lt;sweep&gt;" in text
    assert ["memory.standard", "DDR4"] in page.tables["same-table"]
    assert {"openrow", "python", "numpy", "processor"} <= {
        row[0] for row in page.tables["environment-table"][1:]
    }
    assert "No point has failed." in text
    assert "architecture: memory/ddr4-2400" in text
    assert "<strong>12</strong>points done" in text


def test_a_page_lists_what_has_failed(tmp_path: Path) -> None:
    spec = SPEC.replace("[1, 2, 4]", "[1, 2]").replace("RoRaBaBgCoCh", "RoRaBaBgCoXx")
    (tmp_path / "spec.yaml").write_text(spec)
    assert main(["sweep", str(tmp_path / "spec.yaml"), "-o", str(tmp_path / "results"), "-w", "1"]) == 1
    assert main(["report", str(tmp_path / "results"), "-o", str(tmp_path / "page.html")]) == 0
    failures = parsed((tmp_path / "page.html").read_text(encoding="utf-8")).tables["failures-table"]
    assert len(failures) == 5
    assert all("RoRaBaBgCoXx" in row[1] and "memory.mapping" in row[2] for row in failures[1:])


def test_a_page_can_be_made_where_only_results_and_specification_were_kept(
    swept: Path, tmp_path: Path
) -> None:
    for name in ("results.parquet", "sweep.json"):
        shutil.copy(swept / name, tmp_path / name)
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "page.html")]) == 0
    assert len(parsed((tmp_path / "page.html").read_text(encoding="utf-8")).tables["points-table"]) == 13
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "results.parquet", "sweep.json"]


def browsed(address: str, folder: Path) -> tuple[_Page, str]:
    """A page as the browser has it once its script has run, and what the script complained of."""
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    done = subprocess.run(
        [BROWSER, *options, f"--user-data-dir={folder / 'profile'}", "--dump-dom", address],
        capture_output=True,
        timeout=120,
        check=True,
    )
    said = done.stderr.decode(errors="replace")
    return parsed(done.stdout.decode()), "\n".join(line for line in said.splitlines() if "CONSOLE" in line)


@pytest.mark.parametrize(("direction", "least_first"), [("ascending", True), ("descending", False)])
def test_a_browser_sorts_by_a_column(
    direction: str, least_first: bool, page_file: Path, tmp_path: Path
) -> None:
    plain = parsed(page_file.read_text(encoding="utf-8")).tables["points-table"]
    column = plain[0].index("time, us")
    times = [float(row[column]) for row in plain[1:]]
    if BROWSER is None:
        assert len(set(times)) > 1
        return
    page, complaints = browsed(f"{page_file.as_uri()}#points-table:{column}:{direction}", tmp_path)
    shown = [float(row[column]) for row in page.tables["points-table"][1:]]
    assert shown == sorted(times, reverse=not least_first) != times
    assert complaints == ""
