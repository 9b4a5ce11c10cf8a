"""The redactor's interface: payloads, texts, records, rules, failures."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from typing import Any, cast

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.record.decoding import encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.redaction import RedactionRules, Redactor
from support.records import record

KEY = b"k" * 32


@pytest.fixture
def redactor() -> Redactor:
    """Make a redactor without rules."""
    return Redactor(KEY)


def mark(secret: str) -> str:
    """Make the mark of a secret."""
    return f"[REDACTED:{hmac.digest(KEY, secret.encode(), 'sha256').hex()[:12]}]"


def redacted(redactor: Redactor, value: Any, root: str = "input") -> Any:
    """Redact a value, and return the result as a value."""
    return json.loads(redactor.payload(json.dumps(value).encode(), root))


def test_a_mark_is_the_keyed_hash_of_the_secret(redactor: Redactor) -> None:
    """Marks are HMAC-SHA256, so that a holder of the key can identify a removed secret."""
    assert redacted(redactor, {"password": "hunter2"}) == {"password": mark("hunter2")}


@pytest.mark.parametrize("length", [1, 64, 65, 200])
def test_a_key_of_any_length_serves(length: int) -> None:
    """Keys longer than a block are hashed first, as HMAC defines."""
    key = b"x" * length
    digest = hmac.new(key, b"s3cret", hashlib.sha256).hexdigest()[:12]
    assert redacted(Redactor(key), {"password": "s3cret"})["password"] == f"[REDACTED:{digest}]"


def test_the_same_object_comes_back_when_nothing_is_secret(redactor: Redactor) -> None:
    """Redaction without a secret returns the same object, so that callers can compare identity."""
    payload = b'{"max_tokens": 5, "author": "Ada"}'
    text = "the password is required"
    assert redactor.payload(payload, "input") is payload
    assert redactor.text(text) is text


def test_what_is_not_removed_stays_byte_for_byte(redactor: Redactor) -> None:
    """Spaces, key order, repeated keys, long numbers and lone surrogates stay byte for byte."""
    payload = (
        b'{ "b":1E400,"a":-0.0, "password" : "x","b":123456789012345678901234567890,'
        b'"s":"\\ud800\\/","t":[ ] }'
    )
    expected = payload.replace(b'"x"', f'"{mark("x")}"'.encode())
    assert redactor.payload(payload, "input") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"token": 12345}, {"token": mark("12345")}),
        ({"token": True, "secret": None}, {"token": True, "secret": None}),
        ({"password": ""}, {"password": ""}),
        (
            {"credentials": {"u": "bob", "n": [1, False]}},
            {"credentials": {"u": mark("bob"), "n": [mark("1"), False]}},
        ),
        ({"authorization": "Bearer abc"}, {"authorization": f"Bearer {mark('abc')}"}),
        (["Authorization", "x"], ["Authorization", mark("x")]),
        ({"name": "X-Api-Key", "value": "x"}, {"name": "X-Api-Key", "value": mark("x")}),
        ({"value": "x", "key": "X-Api-Key"}, {"value": mark("x"), "key": "X-Api-Key"}),
        (
            {"value": [1, 2], "key": "token"},
            {"value": [mark("1"), mark("2")], "key": "token"},
        ),
        ([["pin", 1234], ["a", 1]], [["pin", 1234], ["a", 1]]),
        ([["otp", 1234], ["a", 1]], [["otp", mark("1234")], ["a", 1]]),
        (["password", "email"], ["password", "email"]),
        (["Authorization", "Content-Type"], ["Authorization", "Content-Type"]),
        (["curl", "--token", "abc", "-v"], ["curl", "--token", mark("abc"), "-v"]),
        ({"auth": {"type": "basic"}}, {"auth": {"type": "basic"}}),
        ({"auth": ["bob", "pw"]}, {"auth": [mark("bob"), mark("pw")]}),
        ({"tokens": ["Hello", " world"]}, {"tokens": ["Hello", " world"]}),
        (
            {"password": {"$flightlog": "truncated", "text": "hunt"}},
            {"password": {"$flightlog": "truncated", "text": mark("hunt")}},
        ),
    ],
)
def test_values_go_by_their_names(redactor: Redactor, value: Any, expected: Any) -> None:
    """
    A secret name removes every value except constants.

    In pairs a name removes the pair's value.
    """
    assert redacted(redactor, value) == expected


@pytest.mark.parametrize(
    "value",
    ["4111 1111 1111 1111", 4111111111111111, "Bearer abcdefgh12345678", "https://a:b9@c.de/"],
)
def test_the_value_of_a_harmless_name_is_searched(redactor: Redactor, value: str | int) -> None:
    """A member whose name asks for no secret may have a value that is secret by its form."""
    assert b"[REDACTED:" in redactor.payload(json.dumps({"key": value}).encode(), "input")


def test_equal_secrets_have_equal_marks_wherever_they_stand(redactor: Redactor) -> None:
    """A token has one mark in a header, a URL, a message and JSON in text."""
    token = "q7f3k9x2m5v8b1n4"
    value = {
        "headers": {"Authorization": f"Bearer {token}"},
        "url": f"https://a.example/?access_token={token}&x=1",
        "message": f"token={token} was refused",
        "body": json.dumps({"token": token}),
    }
    payload = json.dumps(redacted(redactor, value))
    assert payload.count(mark(token)) == len(value)
    assert token not in payload


@pytest.mark.parametrize(
    "path",
    ["input.usage.token", "input.**.token", "input.*.token", "*.usage.token", "input.usage", "**"],
)
def test_excepted_paths_keep_what_they_hold(path: str) -> None:
    """A path, with `*` for one step and `**` for any number, excepts the value at its end."""
    redactor = Redactor(KEY, RedactionRules(except_paths=(path,)))
    value = {"usage": {"token": "abc", "n": 1}}
    assert redacted(redactor, value) == value


@pytest.mark.parametrize(
    "path", ["output.usage.token", "input.token", "input.usage.*.token", "input.usage.tok"]
)
def test_other_paths_except_nothing(path: str) -> None:
    """A path to another value leaves the rules unchanged."""
    redactor = Redactor(KEY, RedactionRules(except_paths=(path,)))
    assert redacted(redactor, {"usage": {"token": "abc"}})["usage"]["token"] == mark("abc")


def test_items_of_lists_are_steps_of_paths() -> None:
    """An index, or `*`, names an item of a list."""
    redactor = Redactor(KEY, RedactionRules(except_paths=("output.1.token",)))
    value = [{"token": "abc"}, {"token": "abc"}]
    assert redacted(redactor, value, "output") == [{"token": mark("abc")}, {"token": "abc"}]


def test_known_secrets_are_removed_from_excepted_paths_too() -> None:
    """An excepted path ignores names and forms, but known secrets are removed there too."""
    redactor = Redactor(KEY, RedactionRules(except_paths=("input.token",)), secrets=["q7f3k9x2"])
    assert redacted(redactor, {"token": "q7f3k9x2"}) == {"token": mark("q7f3k9x2")}


def test_names_can_be_added() -> None:
    """An added name matches in any case and with any separator between its words."""
    redactor = Redactor(KEY, RedactionRules(keys=("internal_ref",)))
    value = {"internalRef": "a", "X-Internal-Ref": "b", "internal": "c", "ref": "d"}
    assert redacted(redactor, value) == value | {
        "internalRef": mark("a"),
        "X-Internal-Ref": mark("b"),
    }
    assert redactor.text("INTERNAL_REF=abc") == f"INTERNAL_REF={mark('abc')}"


def test_patterns_can_be_added() -> None:
    """The matches of an added pattern are removed from texts, names and numbers at any depth."""
    redactor = Redactor(KEY, RedactionRules(patterns=(r"EMP-[0-9]{4}", "^x+$", "^777$")))
    value = {"a": "see EMP-1234", "b": json.dumps({"c": "xxx"}), "EMP-1234": 777, "d": "axx"}
    assert redacted(redactor, value) == {
        "a": f"see {mark('EMP-1234')}",
        "b": json.dumps({"c": mark("xxx")}),
        mark("EMP-1234"): mark("777"),
        "d": "axx",
    }


@pytest.mark.parametrize(
    ("rules", "setting"),
    [
        ({"patterns": ("(",)}, "redact_patterns"),
        ({"patterns": ("(?=x)",)}, "redact_patterns"),
        ({"patterns": ("x*",)}, "redact_patterns"),
        ({"keys": ("--",)}, "redact_keys"),
        ({"except_paths": ("token",)}, "redact_except"),
        ({"except_paths": ("input..token",)}, "redact_except"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(rules: dict[str, Any], setting: str) -> None:
    """A rule that does nothing, or matches everything, raises an error at its construction."""
    with pytest.raises(InvalidSettingError) as raised:
        RedactionRules(**rules)
    assert raised.value.setting == setting


@pytest.mark.parametrize(
    "payload",
    [
        b'{"password":"hunter2"',
        b'{"password":"hunter2"}}',
        b'["password":"hunter2"]',
        b'{"a":["password=hunter2"}]',
        b"password=hunter2",
        b'{"password":"hunter2","a":"\xff"}',
        '{"password":"hunter2"}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_replaced(redactor: Redactor, payload: bytes) -> None:
    """Where redaction fails, a mark replaces the whole payload."""
    output = redactor.payload(payload, "input")
    assert json.loads(output)["$flightlog"] == "redaction_failed"
    assert b"hunter" not in output


def test_a_text_that_fails_is_replaced(redactor: Redactor) -> None:
    """A value that isn't a text is replaced too, and nothing is raised."""
    assert redactor.text(cast(str, b"password=hunter2")) == "[REDACTION FAILED]"
    assert b"redaction_failed" in redactor.payload(cast(bytes, "password"), "input")


def test_a_payload_nested_deeply_is_redacted(redactor: Redactor) -> None:
    """A deeply nested payload is redacted, and doesn't make redaction fail."""
    depth = 100_000
    payload = b"[" * depth + b'{"password":"hunter2"}' + b"]" * depth
    output = redactor.payload(payload, "input")
    assert output == payload.replace(b"hunter2", mark("hunter2").encode())


def test_secrets_can_be_registered_at_any_time() -> None:
    """
    A registered secret is removed from then on.

    Short secrets aren't, because they appear anywhere by chance.
    """
    redactor = Redactor(KEY)
    payload = b'{"a":"plum tree","n":20261122}'
    assert redactor.payload(payload, "input") is payload
    for secret in ("plum", "20261122", "tre", ""):
        redactor.register_secret(secret)
    assert json.loads(redactor.payload(payload, "input")) == {
        "a": f"{mark('plum')} tree",
        "n": mark("20261122"),
    }


def test_threads_may_register_and_redact_at_once() -> None:
    """A thread that registers a secret sees the secret removed from then on."""
    redactor = Redactor(KEY)
    left: list[str] = []

    def use(number: int) -> None:
        for turn in range(10):
            secret = f"plumtree{number}x{turn}"
            redactor.register_secret(secret)
            if secret in redactor.text(f"a {secret} b"):
                left.append(secret)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left == []


def test_numbers_that_look_like_words_of_token_rules_are_no_fault(redactor: Redactor) -> None:
    """A number never fails a payload's redaction, and the secret beside it is removed."""
    for number in range(900, 1_300):
        for text in (f"{number}.0", f"-{number}.25e-1", f"{number}{number}"):
            json = f'{{"amount":{text},"password":"hunter2x","list":[{text}]}}'.encode()
            found = redactor.payload(json, "input")
            assert found.startswith(f'{{"amount":{text},"password":"[REDACTED'.encode()), found
            assert b"hunter2x" not in found


def whole_record() -> WorkflowExecution:
    """Make a record with a secret in every place that may have one."""
    secret = "password=hunter2x"
    error = {"message": secret, "stack": f"Traceback\n{secret}\n", "nodeId": "n"}
    return record(
        "password=hunter2y",
        workflowName=secret,
        name=secret,
        trigger={"type": secret, "data": {"t": secret}},
        tags={"token": "hunter2x", "a": secret},
        error=error,
        nodeExecutions=[
            {
                "nodeId": "password=hunter2y",
                "nodeName": secret,
                "nodeType": secret,
                "status": "error",
                "input": [secret],
                "output": {"password": "hunter2x"},
                "logs": [{"message": secret}],
                "error": error,
            }
        ],
    )


def test_everything_in_a_record_is_redacted_but_its_ids(redactor: Redactor) -> None:
    """
    Payloads, messages, stacks, names, types and tags are redacted.

    Ids stay, because ids connect records.
    """
    before = whole_record()
    after = redactor.record(before)
    assert b"hunter2x" in encode_execution(before)
    assert b"hunter2x" not in encode_execution(after)
    assert (after.id, after.node_executions[0].node_id) == (before.id, "password=hunter2y")
    assert redactor.record(after) is after


def test_a_record_without_secrets_comes_back_itself(redactor: Redactor) -> None:
    """A record without secrets is returned itself, so that a receiver makes no copy."""
    before = record(tags={"a": "b"}, error={"message": "declined"})
    assert redactor.record(before) is before


def test_importing_costs_no_matcher() -> None:
    """Importing the module, and making a redactor, doesn't import RE2."""
    program = (
        "import sys; from flightlog.redaction import Redactor; r = Redactor(b'k'); "
        "assert not {'re2', 'tomllib'} & sys.modules.keys()"
    )
    # Measuring the child's coverage would import `tomllib` for its settings.
    environment = {name: value for name, value in os.environ.items() if "COV" not in name}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


@pytest.mark.parametrize(
    ("json", "is_secret"),
    [
        (b'{"max_tokens":1024,"n":1}', False),
        (b'{"usage":{"total_tokens": 268}}', False),
        (b'{"access_tokens":"9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"}', True),
        (b'{"log":"tokens=9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"}', True),
        (b'{"token2":"hunter2x9Q"}', True),
    ],
)
def test_counts_of_tokens_are_no_secrets(
    redactor: Redactor, json: bytes, *, is_secret: bool
) -> None:
    """A number of tokens stays, and a token beside such a name is removed."""
    assert (redactor.payload(json, "input") != json) is is_secret


def test_own_key_makes_counts_of_tokens_secret() -> None:
    """A user's own name counts, also where it names a number of tokens."""
    redactor = Redactor(KEY, RedactionRules(keys=("max_tokens",)))
    assert b"1024" not in redactor.payload(b'{"max_tokens":1024}', "input")


@pytest.mark.parametrize(
    "text",
    [
        "user,password,note\nbob,a1b2,{}\n",
        'INSERT INTO u (name, password, note) VALUES ("bob", "a1b2", "{}")',
        '{{"name": "X-Api-Key", "note": "{}", "value": "a1b2"}}',
        '[["user", "password", "note"], ["bob", "a1b2", "{}"]]',
    ],
)
@pytest.mark.parametrize("secret", ["ghp_" + "a1B2c3D4e5" * 4, "correct horse"])
def test_secrets_beside_a_named_value_are_removed(text: str, secret: str) -> None:
    """A token, or a known secret, in another column or member than the named one is found."""
    redacted = Redactor(KEY, secrets=["correct horse"]).text(text.format(secret))
    assert "a1b2" not in redacted
    assert secret not in redacted
