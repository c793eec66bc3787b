"""The search as JSON, for programs."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import BaseRoute

routes: list[BaseRoute] = []
"""What stands under ``/api/v1``."""

exception_handlers: Mapping[Any, Any] = {}
"""How failures under ``/api/v1`` are told."""
