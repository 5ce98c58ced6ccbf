"""Every sample is what its generator writes, and runs."""

import gzip
import sys
from collections import Counter

import pytest
from support.cliapp import SAMPLES, Call, outcomes

sys.path.insert(0, str(SAMPLES))
import make_samples

W = "5cf9f1a6-4f43-4b9c-8d4c-0a2f6d0f3a11"


def test_the_samples_are_what_their_generator_writes() -> None:
    """To the byte; a compressed one after decompression, for each zlib compresses in its own way."""
    for name, data in make_samples.samples().items():
        found = (SAMPLES / name).read_bytes()
        if name.endswith(".gz"):
            assert gzip.decompress(found) == gzip.decompress(data)
        else:
            assert found == data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words", "want"),
    [
        ("incident.csv", [], {"canceled": 990, "not_found": 4, "invalid": 3, "duplicate": 3}),
        ("incident.csv.gz", [], {"canceled": 990, "not_found": 4, "invalid": 3, "duplicate": 3}),
        ("incident.jsonl", [], {"canceled": 59, "invalid": 1}),
        ("spreadsheet.csv", [], {"canceled": 30}),
        ("links.txt", [], {"canceled": 20}),
        ("instances.txt", ["--workflow-id", W], {"canceled": 25}),
    ],
)
def test_a_sample_runs(call: Call, name: str, words: list[str], want: dict[str, int]) -> None:
    """With the outcomes its README promises."""
    ended = call("run", SAMPLES / name, "--sandbox", "-y", "-o", "r.csv", "-c", "128", *words)
    assert Counter(outcomes("r.csv")) == want
    assert ended.code == (0 if set(want) == {"canceled"} else 1)
