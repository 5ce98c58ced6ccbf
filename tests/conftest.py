"""Settings for all tests: the same examples every time, and no deadlines on busy machines."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
