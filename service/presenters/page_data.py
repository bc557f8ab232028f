"""What is to be said of the data: not recognised, doubtful, contradictory, converted, listed twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from service.facts.entries import GONE, Read
from service.presenters.grouping import REASON_WORDS
from service.presenters.page_facts import fact_rows
from service.presenters.page_words import capital, place_name, record_text
from service.presenters.reading import Reading

MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class DataRow:
    """One thing: what kind it is, where, and in words."""

    kind: str
    place: str
    at: str
    detail: str


def data_rows(answer: Mapping[str, Any], reading: Reading | None) -> tuple[DataRow, ...]:
    """Return what the answer says of the data, then what was converted and what is listed twice."""
    rows = [*_unrecognised(answer["unrecognised"]), *_problems(answer["data_quality"])]
    if reading is not None:
        rows += [*_converted(reading), *_twice(reading)]
    return tuple(dict.fromkeys(rows))


def _unrecognised(found: Iterable[Mapping[str, Any]]) -> Iterator[DataRow]:
    for each in found:
        near = " or ".join(f"“{name}”" for name in each.get("did_you_mean", ())[:MOST_SUGGESTED])
        meant = f" Did you mean {near}? Nothing was assumed." if near else ""
        yield DataRow(
            "Not recognised", capital(place_name(each["at"])), each["at"], f"“{record_text(each['text'])}”.{meant}"
        )


def _problems(found: Iterable[Mapping[str, Any]]) -> Iterator[DataRow]:
    for each in found:
        kind = REASON_WORDS.get(each["problem"], each["problem"].replace("_", " "))
        yield DataRow(capital(kind), capital(place_name(each["at"])), each["at"], each["detail"])


def _converted(reading: Reading) -> Iterator[DataRow]:
    """Yield what was read in another unit than it came in; the same value behind many rules is told once."""
    for fact in reading.facts.by_id.values():
        seen = [asdict(each) | {"fact": fact.id} for each in fact.seen if each.unit]
        for row in fact_rows(seen, reading.pack):
            if row.original:
                detail = f"{row.name}: {row.original}, read as {row.value} {row.unit}."
                yield DataRow("Converted", capital(row.place), row.at, detail)


def _twice(reading: Reading) -> Iterator[DataRow]:
    """Yield entries that name the same thing: two lists of medicines often tell of one."""
    named: dict[str, list[Read]] = {}
    for name in ("conditions", "medications", "supplements", "signs"):
        for read in reading.entries.lists[name].entries or ():
            if read.status != GONE and read.concepts:
                named.setdefault(read.name, []).append(read)
    for name, reads in named.items():
        if len(reads) > 1:
            places = " and ".join(place_name(read.entry.at) for read in reads[:MOST_SUGGESTED])
            detail = f"{capital(name)} is listed {len(reads)} times: {places}. Each was taken into account."
            yield DataRow("Listed twice", capital(place_name(reads[1].entry.at)), reads[1].entry.at, detail)
