"""Settings for every test: no time limit for a single example, since a loaded machine is slow, not wrong."""

import os

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as processors: about as many tests wait as work."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)
