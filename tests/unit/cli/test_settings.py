from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose, collect_sources, find_default_config
from flightlog.errors import InvalidSettingError
from flightlog.logger import default_database
from flightlog.receiver.settings import ReceiverSettings
from flightlog.store.retention import RetentionPolicy


def test_a_flag_beats_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source counts only where no stronger source has the setting."""
    config = tmp_path / "flightlog.toml"
    config.write_text('host = "file"\nport = 1\nmax_body_bytes = 1\n')
    environ = {"FLIGHTLOG_HOST": "env", "FLIGHTLOG_PORT": "2", "FLIGHTLOG_DB": " "}
    found = collect_sources({"host": "flag", "port": None}, config, environ)
    assert choose(found, "host", "port", "max_body_bytes", "db") == {
        "host": "flag",
        "port": 2,
        "max_body_bytes": 1,
    }


def test_the_history_is_chosen_by_the_strongest_source_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project on the command line overrides a database in the environment, and so on."""
    assert HistoryChoice().find_address().path == default_database()
    find_default_config().parent.mkdir(parents=True)
    find_default_config().write_text('project = "shop"')
    assert (
        HistoryChoice().find_address().path
        == find_default_config().parent / "shop/.lowcode/executions.db"
    )
    monkeypatch.setenv("FLIGHTLOG_DB", "~/env.db")
    assert HistoryChoice().find_address().path == Path.home() / "env.db"
    assert (
        HistoryChoice(project=tmp_path).find_address().path
        == tmp_path / ".lowcode" / "executions.db"
    )


def test_a_database_and_a_project_from_one_source_are_refused() -> None:
    """The choice is ambiguous, so it is refused."""
    with pytest.raises(InvalidSettingError, match="both chosen by the command line"):
        HistoryChoice(db="a", project=Path("b")).find_address()


def test_the_environment_names_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FLIGHTLOG_CONFIG` is used when `--config` is absent."""
    config = tmp_path / "other.toml"
    config.write_text('db = "here.db"')
    monkeypatch.setenv("FLIGHTLOG_CONFIG", str(config))
    assert HistoryChoice().find_address().path == tmp_path / "here.db"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("prot = 1", "Did you mean `port`"),
        ('port = "many"', "no TCP port"),
        ("port = [", "can't be read"),
        ("zzz = 1", "docs/reference/cli.md"),
        ("allowed_hosts = 7", "no host names"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(
    content: str, complaint: str, tmp_path: Path
) -> None:
    """A typing error in the file is reported."""
    config = tmp_path / "flightlog.toml"
    config.write_text(content)
    with pytest.raises(InvalidSettingError, match=complaint):
        collect_sources({}, config, {})


def test_a_named_file_must_exist_and_the_default_one_need_not(tmp_path: Path) -> None:
    """A missing file is an error only if the user named it."""
    assert choose(collect_sources({}, None, {}), *SETTINGS) == {}
    with pytest.raises(InvalidSettingError, match="does not exist"):
        collect_sources({}, tmp_path / "none.toml", {})


def test_lists_are_words_in_the_environment_and_lists_in_the_file(tmp_path: Path) -> None:
    """Both spellings give the same setting."""
    config = tmp_path / "flightlog.toml"
    config.write_text('allowed_hosts = ["a", "b"]')
    from_file = choose(collect_sources({}, config, {}), "allowed_hosts")
    assert from_file == {"allowed_hosts": ("a", "b")}
    assert from_file == choose(
        collect_sources({}, None, {"FLIGHTLOG_ALLOWED_HOSTS": "a b"}), "allowed_hosts"
    )


def test_rule_files_are_relative_to_the_configuration_file(tmp_path: Path) -> None:
    """A file of token rules stands beside the configuration file; `off:ID` is no file."""
    config = tmp_path / "flightlog.toml"
    config.write_text('redact_rules = ["own.toml", "off:jwt", "/etc/rules.toml"]')
    chosen = choose(collect_sources({}, config, {}), "redact_rules")["redact_rules"]
    assert chosen == (str(tmp_path / "own.toml"), "off:jwt", "/etc/rules.toml")


def test_the_table_tells_the_receivers_real_defaults() -> None:
    """The defaults in help and docs equal the real defaults; a path is described in words."""
    settings = ReceiverSettings()
    for name in ReceiverSettings.__struct_fields__:
        default = getattr(settings, name)
        if name == "retention":
            # The command line has a setting for each part of the policy.
            assert default == RetentionPolicy()
            continue
        said = SETTINGS[name].default
        if name == "spool_dir":
            assert default is None
            assert said == "spool in the user's data directory"
        elif name == "search_index":
            assert default is None
            assert said.startswith("that of the history")
        else:
            is_none = default in ((), None)
            default = " ".join(default) if isinstance(default, tuple) else default
            assert said == ("none" if is_none else f"{default}".lower().removesuffix(".0"))
