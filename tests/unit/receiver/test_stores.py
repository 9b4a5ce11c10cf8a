"""A receiver gives the same answers over each kind of history."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import msgspec

from browser import shop
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.store.postgres import PostgresStore
from flightlog.store.sqlite import SqliteStore
from support.postgres import PostgresHistories

_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DAYS = "after=2026-11-20T00:00:00Z&before=2026-11-23T00:00:00Z"
_ADDRESSES = (
    "/api/summaries?limit=50",
    "/api/summaries?limit=5&sort=longest",
    "/api/summaries?status=error&limit=3",
    "/api/summaries?q=card_declined",
    "/api/executions?limit=3",
    "/api/executions/declined",
    "/api/executions/declined/outline",
    "/api/executions/order/outline",
    "/api/counts",
    "/api/counts?q=status:error+card",
    f"/api/series?points=50&{_DAYS}",
    f"/api/series?points=20&q=card&{_DAYS}",
    f"/api/comparison?{_DAYS}",
    f"/api/comparison?q=card&{_DAYS}",
    "/api/facets",
    "/api/facets?q=card",
    "/api/workflows",
    "/api/workflows?q=card",
    "/api/projects",
    "/api/nodes",
    "/api/nodes?q=card",
    f"/api/errors?{_DAYS}",
    "/api/stats",
    "/api/usage",
    "/api/triggers?id=declined&id=order",
    "/api/query/nearest?q=card_declimed",
)


def test_the_viewer_gets_the_same_answers_from_each_store(
    tmp_path: Path, postgres_histories: PostgresHistories
) -> None:
    """Lists, runs and the overview show the same from each store."""
    settings = postgres_histories.take()
    runs = [
        *shop.usual_day(_NOON - timedelta(hours=1), 60, Random(7)),
        shop.order_run("declined", _NOON, ending="declined"),
        shop.order_run("order", _NOON - timedelta(minutes=2)),
        shop.mail_run("mail", _NOON - timedelta(minutes=1), "order"),
        shop.crashed_run("crashed", _NOON),
    ]
    answers = []
    path, url = tmp_path / "history.db", postgres_histories.url
    for place, store in ((path, SqliteStore(path)), (url, PostgresStore(url, settings))):
        with contextlib.ExitStack() as opened:
            logger = opened.enter_context(ExecutionLogger(place, store=store))
            logger.log_executions(runs)
            receiver = Receiver(logger, ReceiverSettings(port=0, spool_dir=tmp_path / "spool"))
            opened.enter_context(receiver.running())
            client = opened.enter_context(httpx.Client(base_url=receiver.url))
            answers.append([(each, client.get(each)) for each in _ADDRESSES])
            # The sizes of both differ.
            space = client.get("/api/space").json()
            assert (space["space"]["runs"], len(space["space"]["workflows"])) == (64, 5), space
    postgres_histories.give_back(settings)
    for (address, first), (_, second) in zip(*answers, strict=True):
        assert (first.status_code, second.status_code) == (200, 200), (address, second.text)
        assert _read(second) == _read(first), address


def _read(answer: httpx.Response) -> object:
    # A cursor ends with the number that the store gave to a row.
    return msgspec.json.decode(re.sub(rb'(Cursor":"[0-9a-f]+\.)\d+"', rb'\1"', answer.content))
