"""The project's manifest of the browser tests: how two workflows are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from browser import shop

_Name: TypeAlias = tuple[str, str]
_Node: TypeAlias = tuple[str, str, str]
"""The id, the name and the type."""
_Edge: TypeAlias = tuple[_Node, _Node, str | None]
"""The source, the target and the way out of the source."""

_LOAD: Final = ("load-prices", "Load prices of suppliers", "httpRequest")
_EACH: Final = ("each-price", "Each price", "loop")
_CONVERT: Final = ("convert-price", "Convert price to euro", "pythonFunction")
_STORE: Final = ("store-price", "Store price", "postgresQuery")
_NOTIFY: Final = ("notify", "Notify all", "parallel")
_MAIL: Final = ("notify-mail", "Mail", "sendMail")
_CHAT: Final = ("notify-chat", "Chat", "httpRequest")
_REPORT: Final = ("report", "Report", "log")


def _draw_workflow(
    name: _Name,
    places: Mapping[_Node, tuple[int, int]],
    edges: Sequence[_Edge],
    children: Mapping[_Node, Sequence[_Node]],
) -> dict[str, Any]:
    return {
        "id": name[0],
        "name": name[1],
        "nodes": {
            node[0]: {
                "id": node[0],
                "name": node[1],
                "type": node[2],
                "position": {"x": x, "y": y},
                "config": (
                    {"children": [child[0] for child in children[node]]} if node in children else {}
                ),
            }
            for node, (x, y) in places.items()
        },
        "edges": [
            {
                "id": f"edge-{number}",
                "source": source[0],
                "target": target[0],
                **({"sourceHandle": handle} if handle else {}),
            }
            for number, (source, target, handle) in enumerate(edges)
        ],
    }


_ORDERS: Final = _draw_workflow(
    shop.ORDERS,
    {
        shop.VALIDATE: (0, 100),
        shop.USER: (220, 0),
        shop.STOCK: (220, 200),
        shop.LARGE: (440, 100),
        shop.CHARGE: (660, 0),
        shop.REVIEW: (660, 200),
        shop.CONFIRM: (880, 100),
    },
    [
        (shop.VALIDATE, shop.USER, None),
        (shop.VALIDATE, shop.STOCK, None),
        (shop.USER, shop.LARGE, None),
        (shop.STOCK, shop.LARGE, None),
        (shop.LARGE, shop.CHARGE, "false"),
        (shop.LARGE, shop.REVIEW, "true"),
        (shop.CHARGE, shop.CONFIRM, None),
    ],
    {},
)
_PRICES: Final = _draw_workflow(
    ("price-update", "Price update"),
    {
        _LOAD: (0, 0),
        _EACH: (300, 0),
        _CONVERT: (300, 150),
        _STORE: (600, 150),
        _NOTIFY: (900, 0),
        _MAIL: (900, 150),
        _CHAT: (900, 300),
        _REPORT: (1200, 0),
    },
    [
        (_LOAD, _EACH, None),
        (_EACH, _CONVERT, None),
        (_CONVERT, _STORE, None),
        (_EACH, _NOTIFY, None),
        (_NOTIFY, _REPORT, None),
    ],
    {_EACH: (_CONVERT, _STORE), _NOTIFY: (_MAIL, _CHAT)},
)

MANIFEST: Final[dict[str, Any]] = {
    "schemaVersion": "1.0.0",
    "workflows": {each["id"]: each for each in (_ORDERS, _PRICES)},
}
"""Workflows of the shop, one of them with a loop and parallel nodes."""
