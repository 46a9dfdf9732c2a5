"""Times relative to the moment of seeding, in the words of people.yml."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.pharmacy.hours import OpeningHours

_DAY = re.compile(r"([+-]\d+)d")
_MOMENT = re.compile(r"([+-]\d+)d (\d\d:\d\d)")
_AGO = re.compile(r"-(\d+)(h|m)")
_OPEN = re.compile(r"open\+(\d+)h")
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Clock:
    """One store's clock. `now` is aware."""

    now: datetime
    hours: OpeningHours

    def day(self, words: str) -> date:
        """`-3d`: a date in the store's time zone. ValueError for anything else."""
        match = _DAY.fullmatch(words)
        if match is None:
            raise ValueError(f"not a day: {words}")
        return self._day(int(match[1]))

    def moment(self, words: str) -> datetime:
        """`-3d 14:30`, `-2h`, `-40m`, `open+3h`; in the store's time zone."""
        if match := _MOMENT.fullmatch(words):
            wall = datetime.combine(self._day(int(match[1])), time.fromisoformat(match[2]))
            return wall.replace(tzinfo=self.hours.zone)
        if match := _AGO.fullmatch(words):
            count = int(match[1])
            ago = timedelta(hours=count) if match[2] == "h" else timedelta(minutes=count)
            return self._local(self.now.replace(second=0, microsecond=0) - ago)
        if match := _OPEN.fullmatch(words):
            return self.hours.add_open_minutes(_next_quarter(self.now), int(match[1]) * 60)
        raise ValueError(f"not a moment: {words}")

    def _day(self, days: int) -> date:
        return self._local(self.now).date() + timedelta(days=days)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.hours.zone)


def _next_quarter(moment: datetime) -> datetime:
    """The next full quarter of an hour, as promises are made."""
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start + QUARTER * -(-(moment - start) // QUARTER)
