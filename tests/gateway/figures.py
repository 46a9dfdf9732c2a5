"""Reads a gateway's metrics as Prometheus does."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.conftest import House


@dataclass(frozen=True)
class Figures:
    """One scrape."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def of(self, name: str, **labels: str) -> float | None:
        """A series, named with all its labels; None when there is no such series."""
        return self.samples.get((name, frozenset(labels.items())))

    def series(self, name: str) -> dict[tuple[str, ...], float]:
        """All series of a name that are not 0, by the values of their labels in the order of the
        labels' names."""
        return {
            tuple(value for _, value in sorted(labels)): figure
            for (named, labels), figure in self.samples.items()
            if named == name and figure
        }


async def scraped(house: House, **headers: str) -> Figures:
    """What `/metrics` says now."""
    async with house.session.get(f"{house.address}/metrics", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        text = await response.text()
    return Figures(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )
