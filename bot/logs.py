"""Logging: to standard error, one line an entry, without anything that a patient wrote."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class WithoutMessages(logging.Formatter):
    """Writes an exception's type and place, never its text: it may quote a patient or a record."""

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's own name
        if not isinstance(ei, tuple) or ei[2] is None:
            return ""
        kind, _, trace = ei
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_qualname}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"  {kind.__name__} in " + " > ".join(places[-8:])


def set_up(level: int = logging.INFO) -> None:
    """Send all logging to standard error; libraries only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutMessages(FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)
    # These name tables, statements or values in their messages.
    for name in ("sqlalchemy", "rasa_sdk"):
        logging.getLogger(name).setLevel(logging.ERROR)
