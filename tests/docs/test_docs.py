"""The documentation is true: links have targets, snippets run, tables are complete."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

import flightlog
from flightlog.capture import RecorderMiddleware
from flightlog.capture.background import BACKGROUND
from flightlog.errors import FlightlogError, WorkflowError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.problems import KINDS
from flightlog.receiver.rights import PAYLOAD_VIEWS, RIGHTS
from flightlog.receiver.server import Receiver
from flightlog.receiver.settings import ReceiverSettings
from flightlog.record.decoding import decode_execution
from flightlog.record.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution
from flightlog.store.sqlite import SqliteSettings

ROOT = Path(__file__).parents[2]
FOLDERS = ("get-started", "record", "inspect", "operate", "editor", "reference")
"""The folders of the pages, by task, in the order in which a reader needs them."""
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def text(name: str) -> str:
    """Read a page of the documentation."""
    return (ROOT / name).read_text(encoding="utf-8")


def snippets(name: str, language: str) -> list[str]:
    """List the code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(name), re.DOTALL | re.MULTILINE)


def codes(kind: type[FlightlogError]) -> Iterator[str]:
    """List the codes of an error and of all its subclasses."""
    yield kind.code
    for below in kind.__subclasses__():
        yield from codes(below)


def links_in(page: Path) -> list[str]:
    """List the targets of a page's links within the project."""
    found = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [target for target in found if "://" not in target]


def files_named_in(page: Path) -> list[str]:
    """List the paths in backticks below src/, tests/, docs/ and benchmarks/."""
    found = re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./-]+)`", page.read_text("utf-8"))
    return list(found)


def test_pages_have_links_and_name_files() -> None:
    """The two tests below check something."""
    assert len([page for page in PAGES if links_in(page)]) > 10
    assert len([page for page in PAGES if files_named_in(page)]) > 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page: Path) -> None:
    """Links within the project have targets; external links aren't fetched."""
    for target in links_in(page):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in backticks below src/, tests/, docs/ and benchmarks/ exist."""
    for named in files_named_in(page):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name != "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_no_heading_or_entry_is_repeated(page: Path) -> None:
    """Neither a merge nor a copy has left a heading, or the beginning of an entry, twice."""
    written = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^##? .*$", written, re.MULTILINE)
    assert len(headings) == len(set(headings))
    entries = re.findall(r"^- .{50}", written, re.MULTILINE)
    assert len(entries) == len(set(entries))


def test_pages_named_in_code_exist() -> None:
    """A path below docs/ that a message, comment or rule names exists, in every language."""
    named = [
        (str(path.relative_to(ROOT)), page)
        for folder in ("src", "tests", "benchmarks", "viewer", "electron", "examples")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".ts", ".tsx", ".sql", ".toml", ".md", ".html"}
        and not {"node_modules", "dist"} & set(path.parts)
        for page in re.findall(
            r"(?<![\w/])docs/[\w/-]+\.(?:md|svg|png)", path.read_text(encoding="utf-8")
        )
    ]
    assert len(named) > 50
    assert [(path, page) for path, page in named if not (ROOT / page).exists()] == []


def test_pages_are_in_folders_by_task() -> None:
    """Every page is in a folder, apart from four that belong to no task."""
    beside_folders = {page.name for page in ROOT.glob("docs/*.md")}
    assert beside_folders == {"index.md", "comparison.md", "limits.md", "troubleshooting.md"}
    folders = {path.name for path in (ROOT / "docs").iterdir() if path.is_dir()}
    assert folders == {*FOLDERS, "adr", "images"}


def test_the_readmes_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The README's Python sends a record to a receiver.

    The logger's example then reads the record.
    """
    monkeypatch.chdir(tmp_path)
    recorded, web, over_http, in_process = snippets("README.md", "python")
    (taught,) = snippets("docs/record/capture.md", "python")
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "spool"))
    with (
        ExecutionLogger("received.db") as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        monkeypatch.setenv("FLIGHTLOG_URL", receiver.url)
        exec(web, {})
        for snippet in (recorded, taught):
            names: dict[str, Any] = {}
            exec(snippet, names)
            names["recorder"].close(10)
        charged = logger.get_executions("order-intake", payloads=True)
        assert [len(execution.node_executions) for execution in charged] == [1, 2]
        exec(over_http.replace("http://localhost:3000", receiver.url), {})
        assert logger.get_execution("run-1") is not None
    exec(in_process, {})
    printed = capsys.readouterr().out
    assert "2026-11-22T19:05:00.000000Z error" in printed
    assert "1 failed; 1 in all" in printed


def test_the_fastapi_page_describes_its_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's application records one workflow a route, and every argument is described."""
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("FLIGHTLOG_URL", f"sqlite:{tmp_path / 'history.db'}")
    (snippet,) = snippets("docs/record/fastapi.md", "python")
    # FastAPI reads the annotations of the snippet's functions in its module.
    module = types.ModuleType("shop")
    exec(snippet, module.__dict__)
    with TestClient(module.app) as client:
        assert client.post("/orders/7?item=lamp").json() == {"order": 7, "cents": 4200}
        assert client.post("/orders/8?item=sofa").status_code == 404
        assert module.recorder.flush()
    with ExecutionLogger(tmp_path / "history.db") as logger:
        refused, taken = logger.get_executions("shop:POST /orders/{order_id}")
    assert (refused.status, taken.status) == ("success", "success")
    # A machine under load may interrupt the framework's work after a response for long enough.
    nodes = [node.node_name for node in taken.node_executions if node.node_type != BACKGROUND]
    assert nodes[1:] == ["find_price"]
    page = text("docs/record/fastapi.md")
    for name in inspect.signature(RecorderMiddleware).parameters:
        assert name in {"app", "recorder"} or f"| `{name}` |" in page, name


def test_the_wire_formats_example_is_a_record() -> None:
    """The wire format's example is a valid record without changes."""
    (example,) = snippets("docs/reference/wire-format.md", "json")
    assert decode_execution(example.encode()).error is not None


def test_every_field_of_the_record_is_described() -> None:
    """Every field of the record is described by its name in JSON."""
    page = text("docs/reference/wire-format.md")
    for kind in (WorkflowExecution, NodeExecution, Trigger, ExecutionError):
        for field in msgspec.structs.fields(kind):
            assert f"`{field.encode_name}`" in page or f".{field.encode_name}`" in page, field


def test_every_setting_of_the_store_is_described() -> None:
    """Every setting of the store is described with its default."""
    page = text("docs/reference/storage.md")
    for field in msgspec.structs.fields(SqliteSettings):
        default = f"{field.default:,}" if isinstance(field.default, int) else f"`{field.default}`"
        assert re.search(rf"^\| `{field.name}` \|.*\| {default} \|", page, re.MULTILINE), field


def test_every_route_is_described() -> None:
    """Each route of the table of rights is in the page; views of payloads are described as one."""
    page = re.sub(r"\{[^}]*\}", "{}", text("docs/reference/http-api.md"))
    paths = {path for _, path in RIGHTS if path not in PAYLOAD_VIEWS}
    assert paths
    for path in paths:
        assert re.sub(r"\{[^}]*\}", "{}", path) in page, path


def test_every_problem_over_http_is_described() -> None:
    """Each problem code is described with its status."""
    page = text("docs/reference/http-api.md")
    for code, (status, _) in KINDS.items():
        assert re.search(rf"`{code}`.*{status}|{status}.*`{code}`", page), code


def test_every_error_of_a_store_has_its_http_status() -> None:
    """Each error of a request has its own status instead of an internal error."""
    request_errors = (
        set(codes(FlightlogError))
        - set(codes(WorkflowError))
        - {
            "flightlog_error",
            "invalid_setting",
            "port_in_use",
            "demo_failed",
            "invalid_manifest",
            "generation_failed",
            "file_not_ours",
            "missing_extra",
            "store_unsupported",
        }
    )
    assert request_errors <= KINDS.keys()


def test_every_target_of_the_makefile_is_explained() -> None:
    """`make help` lists every target."""
    makefile = text("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def test_ci_runs_what_the_readme_says() -> None:
    """CI runs exactly `make test`."""
    commands = [
        line
        for line in text(".ci/run").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["make test"]
    assert "make test" in text("README.md")


def test_the_workflow_of_the_code_host_runs_the_same_ci() -> None:
    """Linux runs `.ci/run` with every supported Python, and no other command."""
    workflow = text(".github/workflows/ci.yml")
    assert re.findall(r"^      - run: (\.\S*)$", workflow, re.MULTILINE) == [".ci/run"]
    versions = re.search(r"python: \[(.*)\]", workflow)
    assert versions is not None
    assert versions[1].split(", ") == ['"3.11"', '"3.12"', '"3.13"', '"3.14"']


def test_all_packages_have_one_version() -> None:
    """`flightlog.__version__` is the source of the version; the Node packages have the same."""
    for package in ("viewer", "electron"):
        manifest = msgspec.json.decode((ROOT / package / "package.json").read_bytes())
        assert manifest["version"] == flightlog.__version__
