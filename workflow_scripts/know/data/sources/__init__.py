"""Data sources by name. A source is a module with a `SOURCE`, and states facts.

Constants of the module that are read without importing it, each optional:

- `TARGETS`: what the source can label images with, by default `("classes",)`;
- `HEEDS`: which of `know.data.settings.SOURCE_SETTINGS` it uses, by default none;
- `STREAMS`: whether its pictures stay in their files, as a list;
- `FETCHES`: whether its data sets, each by its `name`, are fetched by a job before;
- `GENERATES`: whether it draws what `classes`, `train` and `test` ask for itself.
"""

from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from know.data.raw import Source

SOURCES: Registry["Source"] = Registry(
    "know.data.sources", kind="a data source", entry="SOURCE"
)
"""Every data source by name. Their modules document the files that they read."""
