"""Passwords in short options of commands, and XML beside a name."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.syntax import commands
from support.blocks import with_blocks
from support.syntaxes import EXAMPLES, check_example

REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mysql -h db -u bob -psword app", "mysql -h db -u bob -p█ app"),
        ("mysql.exe -p'a b' app", "mysql.exe -p'█' app"),
        ("mysqldump \\\n  -psword app | gzip", "mysqldump \\\n  -p█ app | gzip"),
        ("mysqldump \\\n-psword app", "mysqldump \\\n-p█ app"),
        ('sshpass -p "sword" ssh a', 'sshpass -p "█" ssh a'),
        ("docker login -u bob -p sword a", "docker login -u bob -p █ a"),
        ("CURL -u bob:sword https://a", "CURL -u bob:█ https://a"),
        ("redis-cli -a sword ping", "redis-cli -a █ ping"),
        ("unzip -P sword a.zip", "unzip -P █ a.zip"),
        ("sqlplus scott/tiger@db", "sqlplus scott/█@db"),
        ("IDENTIFIED BY 'sword';", "IDENTIFIED BY '█';"),
        ("identified with sha256 by 'sword'", "identified with sha256 by '█'"),
        ('<input value="sword" name="password">', '<input value="█" name="password">'),
        ("<a:b key='token' c='d'>sword</a:b>", "<a:b key='token' c='d'>█</a:b>"),
        (
            "&lt;token a=&quot;b&quot;&gt;sword&lt;/token",
            "&lt;token a=&quot;b&quot;&gt;█&lt;/token",
        ),
    ],
)
def test_a_password_goes_and_its_command_stays(text: str, redacted: str) -> None:
    """The password is removed from texts, and from payloads with escaped quotes and line ends."""
    payload = REDACTOR.payload(json.dumps({"run": text}).encode(), "input")
    nested = REDACTOR.payload(json.dumps(json.dumps({"run": text})).encode(), "input")
    for found in (
        REDACTOR.text(text),
        json.loads(payload)["run"],
        json.loads(json.loads(nested))["run"],
    ):
        assert with_blocks(found) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "mysql -p app",
        "mysql -u bob; mkdir -parents",
        "mysql -p$PASSWORD app",
        "docker run --name some-mysql -p3306:3306 -d mysql",
        "redis-cli -a $REDIS ping",
        "gzip -P; zip -r a.zip a",
        "mongo --port 27017",
        "curl -u $USER:$TOKEN https://a",
    ],
)
def test_a_command_without_a_password_stays(text: str) -> None:
    """Similar options without a password, and variables, stay."""
    assert REDACTOR.text(text) == text


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["commands"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_the_secret_of_a_pgpass_line_is_its_last_part() -> None:
    """Host, port, database and user stay."""
    text = b"db:5432:app:bob:hunter2\n"
    values = commands.read_network(text, 1, len(text))
    assert [text[start:end] for start, end, _ in values] == [b"hunter2"]
