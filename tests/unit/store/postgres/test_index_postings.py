from __future__ import annotations

from random import Random

from flightlog.store.postgres.index_postings import (
    choose_shift,
    find_places,
    list_places,
    list_postings,
    list_slices,
    move_postings,
    pack_buckets,
    unpack,
)


def _pack(documents: list[list[int]], shift: int) -> dict[int, bytes]:
    return {
        bucket: data
        for low, high in list_slices(shift)
        for bucket, data in pack_buckets(
            [
                posting
                for place, terms in enumerate(documents)
                for posting in list_postings(terms, place, low, high)
            ],
            shift,
        )
    }


def _make_documents(count: int, terms: int) -> list[list[int]]:
    rng = Random(count)
    frequent = [rng.randrange(2**24) for _ in range(50)]
    return [
        sorted(
            {0, 2**24 - 1, *rng.sample(frequent, 20), *(rng.randrange(2**24) for _ in range(terms))}
        )
        for _ in range(count)
    ]


def test_each_term_is_found_at_its_places() -> None:
    """The buckets may be one, many, and more than the slices."""
    for count, terms in ((1, 3), (40, 30), (300, 200)):
        documents = _make_documents(count, terms)
        shift = choose_shift(sum(map(len, documents)))
        buckets = _pack(documents, shift)
        wanted: dict[int, int] = {}
        for place, document in enumerate(documents):
            for term in document:
                wanted[term] = wanted.get(term, 0) | 1 << place
        for term, places in wanted.items():
            assert find_places(unpack(buckets[term >> shift]), term) == places
        assert find_places(unpack(buckets[0]), 1) == 0


def test_moved_postings_are_those_of_the_live_places() -> None:
    """A merge of segments gives the same buckets as the executions that are left."""
    documents = _make_documents(60, 40)
    shift = choose_shift(sum(map(len, documents)))
    left = [document for place, document in enumerate(documents) if place % 3]
    new_places, count = [], 0
    for place in range(len(documents)):
        new_places.append(count if place % 3 else -1)
        count += bool(place % 3)
    merged_shift = choose_shift(sum(map(len, left)))
    moved = {
        bucket: data
        for low, high in list_slices(merged_shift)
        for bucket, data in pack_buckets(
            [
                posting
                for packed in _pack(documents, shift).values()
                for posting in move_postings(unpack(packed), new_places, low, high)
            ],
            merged_shift,
        )
    }
    assert moved == _pack(left, merged_shift)


def test_places_are_the_bits_of_a_number() -> None:
    """The lowest bit is the first place."""
    assert list_places(0) == []
    assert list_places(1 | 1 << 7 | 1 << 4095) == [0, 7, 4095]
