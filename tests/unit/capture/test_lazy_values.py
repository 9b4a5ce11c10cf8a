"""Recording evaluates no lazy value of well-known libraries, wherever it is given."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import django
import httpx
import pytest
import sqlalchemy as sa
import wrapt
from django.conf import settings
from django.utils.functional import SimpleLazyObject
from sqlalchemy import orm
from werkzeug.local import LocalProxy

from flightlog.capture import Recorder
from flightlog.capture.encoding import encode_value
from support.watched import Calls, during, watched

NOBODY = "http://127.0.0.1:9"


class Base(orm.DeclarativeBase):
    """The base class of the tables."""


class Customer(Base):
    """A table."""

    __tablename__ = "customer"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    orders: orm.Mapped[list[Order]] = orm.relationship()


class Order(Base):
    """A table with a relation."""

    __tablename__ = "orders"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customer.id"))


def fail(*_: object, **__: object) -> NoReturn:
    """Fail the test."""
    pytest.fail("a lazy value was evaluated")


def record_everywhere(value: Any, tmp_path: Path) -> list[Any]:
    """Record a value in every place that a recorder takes one; return the messages."""
    messages: list[bytes] = []
    recorder = Recorder("w", url=NOBODY, spool_dir=tmp_path, observer=messages.append)

    @recorder.node
    def passed(given: Any) -> Any:
        return given

    @recorder.node
    def streamed(given: Any) -> Iterator[Any]:
        yield given

    try:
        with recorder.execution(trigger=value, tags={"a": value}) as run:
            with run.node("whole", value, value, input=value) as node:
                node.input = value
                node.output = value
                node.output = {
                    "nested": [value, {"in": (value,)}],
                    "namespace": SimpleNamespace(v=value),
                }
            passed(value)
            [*streamed(value)]
            with run.node("failing") as node:
                node.fail(value, kind=value)
        with recorder.execution(trigger={"type": value, "data": value}, retry_of=value):
            raise ValueError("no", value)
    except ValueError:
        pass
    assert recorder.status().swallowed == 0
    recorder.close(0)
    return [json.loads(message) for message in messages]


def test_no_method_of_an_object_runs_in_any_place_of_a_record(tmp_path: Path) -> None:
    """Triggers, tags, names, inputs, outputs, items of streams and errors call no method."""
    calls = Calls()
    messages = during(calls, lambda: record_everywhere(watched(calls), tmp_path))
    assert calls == []
    assert "Watched" in json.dumps(messages)


@pytest.fixture(scope="module")
def connection() -> Any:
    """Return Django's connection to a database in memory."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        USE_TZ=True,
    )
    django.setup()
    from django.db import connection  # noqa: PLC0415 - needs the settings

    return connection


def test_no_query_of_django_is_sent(connection: Any, tmp_path: Path) -> None:
    """Query sets, managers, lazy objects and instances with deferred fields stay unevaluated."""
    from django.db import models  # noqa: PLC0415 - needs the settings

    class Item(models.Model):  # type: ignore[misc]  # Django has no types  # noqa: DJ008
        name = models.TextField()
        parent = models.ForeignKey("self", models.CASCADE, null=True)

        class Meta:
            app_label = "shop"

    deferred = Item.from_db("default", ["id"], [7])
    values = [
        Item.objects.all(),
        Item.objects.filter(name="a").values("name"),
        Item.objects,
        deferred,
        Item(id=1, name="a", parent_id=3),
        SimpleLazyObject(fail),
    ]
    with connection.execute_wrapper(fail):
        for value in values:
            record_everywhere(value, tmp_path)
        found = json.loads(encode_value(values[4], 10_000))
    assert found["attributes"] == {"id": 1, "name": "a", "parent_id": 3}


def test_no_query_of_sqlalchemy_is_sent(tmp_path: Path) -> None:
    """Queries, statements and relations send nothing, and results keep their rows."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Customer(id=1, name="Anna", orders=[Order(id=1), Order(id=2)]))
        session.commit()
        customer = session.get_one(Customer, 1)
        expired = session.get_one(Order, 1)
        session.expire(expired)
        result = session.execute(sa.select(Order.id).order_by(Order.id))
        sent: list[str] = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        for value in (
            session.query(Order),
            sa.select(Order),
            customer,
            expired,
            result,
            result.scalars(),
            session,
            engine,
        ):
            record_everywhere(value, tmp_path)
        assert sent == []
        assert json.loads(encode_value(customer, 10_000))["attributes"] == {"id": 1, "name": "Anna"}
        assert [*result.scalars()] == [1, 2]


PROXIES: dict[str, Any] = {
    "werkzeug": lambda: LocalProxy(fail),
    "wrapt": lambda: wrapt.LazyObjectProxy(fail),
    "subclass": lambda: type("Own", (wrapt.LazyObjectProxy,), {})(fail),
    "wrapped": lambda: wrapt.ObjectProxy({"a": 1}),
}


@pytest.mark.parametrize("kind", PROXIES)
def test_proxies_are_not_evaluated(kind: str, tmp_path: Path) -> None:
    """A lazy proxy is named, and its object isn't made."""
    proxy = PROXIES[kind]()
    record_everywhere(proxy, tmp_path)
    assert json.loads(encode_value(proxy, 1_000))["$flightlog"] == "object"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("polars.lazyframe.frame", "LazyFrame"),
        ("dask.dataframe.core", "DataFrame"),
        ("pyspark.sql.dataframe", "DataFrame"),
        ("pandas.core.frame", "DataFrame"),
    ],
)
def test_frames_are_not_computed(module: str, name: str, tmp_path: Path) -> None:
    """A class that only has a frame's name is as unknown as any other class."""
    calls = Calls()
    value = watched(calls)
    type.__setattr__(type(value), "__module__", module)
    type.__setattr__(type(value), "__name__", name)
    type.__setattr__(type(value), "__qualname__", name)
    during(calls, lambda: record_everywhere(value, tmp_path))
    assert calls == []
    assert json.loads(encode_value(value, 1_000)) == {
        "$flightlog": "object",
        "type": f"{module}.{name}",
    }


class _Chunks(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"0123456789")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own word
        pass


def test_streamed_body_is_not_read(tmp_path: Path) -> None:
    """A response that is being streamed keeps its body for the workflow."""
    server = HTTPServer(("127.0.0.1", 0), _Chunks)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        with httpx.stream("GET", f"http://127.0.0.1:{server.server_port}/") as response:
            messages = record_everywhere(response, tmp_path)
            assert not response.is_stream_consumed
            assert response.read() == b"0123456789"
    finally:
        thread.join(10)
        server.server_close()
    assert '"status_code": 200' in json.dumps(messages)


def test_iterators_are_not_advanced(tmp_path: Path) -> None:
    """An iterator keeps all its items for the workflow."""
    counter = itertools.count()
    record_everywhere(counter, tmp_path)
    assert next(counter) == 0
