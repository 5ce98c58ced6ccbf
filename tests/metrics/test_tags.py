"""Tags from the environment."""

import pytest

from bulkcancel.metrics.tags import environment_tags


@pytest.mark.parametrize(
    ("environ", "beside", "all_of_them"),
    [
        ({}, [], []),
        ({"DD_ENV": "prod"}, [], ["env:prod"]),
        ({"DD_TAGS": "team:ops,layer:batch"}, ["team:ops", "layer:batch"], ["team:ops", "layer:batch"]),
        ({"DD_TAGS": "team:ops layer:batch"}, ["team:ops", "layer:batch"], ["team:ops", "layer:batch"]),
        ({"DD_TAGS": " team:ops, ,alone "}, ["team:ops", "alone"], ["team:ops", "alone"]),
        ({"DD_TAGS": "env:dev,team:ops", "DD_ENV": "prod"}, ["team:ops"], ["env:prod", "team:ops"]),
        ({"DD_TAGS": "env:dev"}, ["env:dev"], ["env:dev"]),
        ({"DD_TAGS": "a:1,a:1,a:2"}, ["a:1", "a:2"], ["a:1", "a:2"]),
        ({"DD_TAGS": "a:1,b:2", "DATADOG_TAGS": "a:1"}, ["b:2"], ["a:1", "b:2"]),
        (
            {"DD_SERVICE": "cleanup", "DD_VERSION": "7", "DD_ENV": "prod"},
            [],
            ["env:prod", "service:cleanup", "version:7"],
        ),
    ],
)
def test_each_tag_of_the_environment_stands_once(
    environ: dict[str, str], beside: list[str], all_of_them: list[str]
) -> None:
    """A variable of its own wins over DD_TAGS; what the library adds by itself is left to it."""
    assert environment_tags(environ, is_with_own=False) == beside
    assert environment_tags(environ, is_with_own=True) == all_of_them
