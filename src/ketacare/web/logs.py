"""Logs carry our random ids and words of our own, never a person's."""

from __future__ import annotations

import logging
import re
from typing import Any

# A signed link (each kind has a path of one letter) and a stream's ticket open something for whoever reads them; a
# refused one is logged with its address.
CREDENTIAL = re.compile(r"(/[a-z]/|ticket=)[^/&\s]+")


class NoPatientData(logging.Filter):
    """Keeps a record's own words; drops exception texts and request bodies, which may quote what a person typed."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = kind_or_words(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(kind_or_words(argument) for argument in record.args)
        elif record.args:
            record.args = {name: kind_or_words(argument) for name, argument in record.args.items()}
        if record.exc_info:
            kind = record.exc_info[0]
            place = record.exc_info[2]
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}" if place else "?"
            record.msg = f"{record.msg} [{kind.__name__ if kind else 'error'} at {where}]"
            record.exc_info = None
            record.exc_text = None
        return True


def kind_or_words(argument: Any) -> Any:
    """A fault that is told as words brings its own text: of a database, the row that it could not keep."""
    return type(argument).__name__ if isinstance(argument, BaseException) else without_credentials(argument)


def without_credentials(said: Any) -> Any:
    return CREDENTIAL.sub(r"\1…", said) if isinstance(said, str) else said
