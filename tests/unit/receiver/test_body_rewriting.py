"""Records of a body are replaced within its memory, whatever their sizes are."""

from __future__ import annotations

from random import Random

import pytest

from flightlog.receiver.body_rewriting import BodyRewriter
from flightlog.record.decoding import find_lines


def split(body: bytes | bytearray) -> list[bytes]:
    """List the lines that are not empty."""
    return [bytes(body[start:end]) for _, start, end in find_lines(body)]


@pytest.mark.parametrize("seed", range(40))
def test_replaced_lines_are_found_and_others_stay(seed: int) -> None:
    """Random lines become longer and shorter ones, also beside empty lines."""
    random = Random(seed)
    lines = [b"%d" % n * random.choice((1, 40, 9_000)) for n in range(random.randrange(1, 60))]
    blanks = [b"\n" * random.randrange(1, 4) for _ in lines]
    body = bytearray(b"\n" * random.randrange(2))
    for line, blank in zip(lines, blanks, strict=True):
        body += line + blank
    if random.random() < 0.5:
        del body[len(body) - len(blanks[-1]) :]
    expected = split(body)
    rewriter = BodyRewriter(body)
    for place in reversed(range(len(lines))):
        if random.random() < 0.6:
            expected[place] = b"x" * random.choice((2, len(lines[place]), 300, 40_000))
            rewriter.replace(place, expected[place])
    rewriter.finish()
    assert split(body) == expected


def test_a_body_grows_when_its_new_lines_are_longer() -> None:
    """A line that is much longer than its original overwrites no line before or after it."""
    body = bytearray(b"a" * 10 + b"\n" + b"b" * 10 + b"\n" + b"c" * 700_000)
    rewriter = BodyRewriter(body)
    rewriter.replace(2, b"C" * 900_000)
    rewriter.replace(1, b"B" * 1_000_000)
    rewriter.finish()
    assert split(body) == [b"a" * 10, b"B" * 1_000_000, b"C" * 900_000]
    assert len(body) < 2_200_000
