"""The first safety net: finds emergencies in patient messages. See `data/README.md`."""

from bot.pharmacy.red_flags.screen import RedFlag, families, screen

__all__ = ["RedFlag", "families", "screen"]
