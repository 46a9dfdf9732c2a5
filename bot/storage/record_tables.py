"""How the record types of the feed map to tables: natural keys and references.

The order is the order in which they can be written.
"""

from dataclasses import dataclass

from sqlalchemy import Table

from bot.storage import records
from bot.storage.base import Base


@dataclass(frozen=True)
class RecordTable:
    """One record type. `references` gives, for a column, the record type that it points to."""

    name: str
    table: Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    references: dict[str, str]

    def position(self, column: str) -> int:
        """Where a column stands in the values of a row."""
        return self.columns.index(column)


def _table(model: type[Base], key: str, **references: str) -> RecordTable:
    table = Base.metadata.tables[model.__tablename__]
    columns = tuple(column.name for column in table.columns if column.name != "id")
    return RecordTable(table.name, table, columns, tuple(key.split()), references)


RECORD_TABLES: dict[str, RecordTable] = {
    record.name: record
    for record in (
        _table(records.Store, "store_id"),
        _table(records.Patient, "patient_id"),
        _table(records.Proxy, "proxy_id", patient_id="patient"),
        _table(records.Product, "product_id"),
        _table(
            records.Prescription,
            "rx_number",
            store_id="store",
            patient_id="patient",
            product_id="product",
        ),
        _table(records.Fill, "fill_id", rx_number="prescription"),
        _table(records.PriorAuthorization, "fill_id", fill_id="fill"),
        _table(records.PrescriberRequest, "request_id", rx_number="prescription"),
        _table(records.Stock, "store_id product_id", store_id="store", product_id="product"),
        _table(records.Instruction, "instruction_id", product_id="product"),
    )
}
