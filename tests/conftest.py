"""Settings for every test: no time limit for a single example, since a loaded machine is slow, not wrong."""

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
