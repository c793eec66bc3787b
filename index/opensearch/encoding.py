"""Values as JSON, in the form that a cluster is sent."""

import json
from collections.abc import Mapping
from typing import Any

# It does not look for a value within itself: none is made so.
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

json_text = _ENCODER.encode
"""Return a value as JSON, in which other characters than ASCII stand as they are."""


def encoded(value: Mapping[str, Any]) -> bytes:
    """Return a value as JSON in UTF-8, in which a lone surrogate is a question mark."""
    return json_text(value).encode("utf-8", "replace")


def encoded_action(action: str, name: str) -> bytes:
    """Return the line before a document in a request of many: what is to be done with its name."""
    return f'{{"{action}":{{"_id":{json_text(name)}}}}}'.encode("utf-8", "replace")
