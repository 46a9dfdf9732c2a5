"""The gateway of tests/gateway, for what is asked of it here."""

from tests.gateway.conftest import house, open_house

__all__ = ["house", "open_house"]
