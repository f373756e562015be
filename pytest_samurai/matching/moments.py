"""Dates and times in texts, and whether they are near a moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_NEAR = timedelta(days=31)
"""A request mentions the present, or something due soon. A date farther off was most likely written by hand."""
_AT_ONCE = timedelta(minutes=2)
"""A time of day without a date counts as near only this long: there are few of them, and each recurs every day."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH_DIGITS = 10


@dataclass(frozen=True, slots=True)
class _Kind:
    """How to read a text: the days and the moments that it may mean; and how else a source may spell it."""

    days: Callable[[str, datetime], Iterator[date]]
    moments: Callable[[str, datetime], Iterator[datetime]]

    def spelled(self, text: str, moment: datetime) -> Iterator[str]:
        for day in self.days(text, moment):
            yield day.isoformat()
            yield f"{day.year}, {day.month}, {day.day}"


def _no_days(text: str, moment: datetime) -> Iterator[date]:
    del text, moment
    return iter(())


def _no_moments(text: str, moment: datetime) -> Iterator[datetime]:
    del text, moment
    return iter(())


def _of_iso(text: str, moment: datetime) -> Iterator[date]:
    del moment
    yield from _date(text[:4], text[5:7], text[8:10])


def _of_words(text: str, moment: datetime) -> Iterator[date]:
    """27 November 2026 and the like; without a year, the nearest one. 10/11/2026 may be two days."""
    numbers = re.findall(r"\d+", re.sub(r"\d+:[\d:]+", "", text))
    month = re.search(rf"(?i){'|'.join(_MONTHS)}", text)
    if month is None:
        first, second, year = numbers
        yield from _date(year, second, first)
        yield from _date(year, first, second)
        return
    number = str(_MONTHS.index(month[0].lower()) + 1)
    day, *given = numbers
    for year in given or map(str, (moment.year - 1, moment.year, moment.year + 1)):
        yield from _date(year, number, day)


def _date(year: str, month: str, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def _of_epoch(text: str, moment: datetime) -> Iterator[datetime]:
    del moment
    whole = text.partition(".")[0]
    if not whole.isdigit() or len(whole) < _EPOCH_DIGITS:
        return
    # Thousandths and smaller parts of a second have more digits.
    seconds = int(whole[:_EPOCH_DIGITS])
    yield datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _of_clock(text: str, moment: datetime) -> Iterator[datetime]:
    """A time of this day, here and in UTC."""
    hour, minute, *second = (int(number) for number in re.findall(r"\d+", text)[:3])
    if half := re.search(r"(?i)[ap]m", text):
        hour = hour % 12 + (12 if half[0].lower() == "pm" else 0)
    for local in (moment, moment.astimezone()):
        yield local.replace(hour=hour, minute=minute, second=second[0] if second else local.second)


MOMENTS: Mapping[str, _Kind] = {
    "datetime": _Kind(_of_iso, _no_moments),
    "date": _Kind(_of_words, _no_moments),
    "epoch": _Kind(_no_days, _of_epoch),
    "time": _Kind(_no_days, _of_clock),
}
"""The kinds of varying text that name a moment: their entries of `normalize`."""


def is_near(kind: str, text: str, moment: datetime) -> bool:
    """Whether a text of a kind in `MOMENTS` names a time near this moment, which is in UTC."""
    near = _AT_ONCE if kind == "time" else _NEAR
    read = MOMENTS[kind]
    today = moment.date()
    return any(abs(day - today) <= near for day in read.days(text, moment)) or any(
        abs(told - moment) <= near for told in read.moments(text, moment)
    )
