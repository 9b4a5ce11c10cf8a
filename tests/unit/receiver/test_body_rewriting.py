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
            expected[place] = b"x" * random.choice((2, len(lines[place]), 300))
            assert rewriter.replace(place, expected[place])
    rewriter.finish()
    assert split(body) == expected


def test_a_line_without_space_is_refused_and_the_body_stays_whole() -> None:
    """A line that is much longer than its original does not overwrite the lines before."""
    body = bytearray(b"a" * 10 + b"\n" + b"b" * 10 + b"\n" + b"c" * 10)
    rewriter = BodyRewriter(body)
    assert rewriter.replace(2, b"C")
    assert not rewriter.replace(1, b"B" * 1_000_000)
    assert rewriter.replace(0, b"A" * 100)
    rewriter.finish()
    assert split(body) == [b"A" * 100, b"b" * 10, b"C"]
