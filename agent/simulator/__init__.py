"""The practice cloud: a server that behaves like Amazon's side, and lies like it on demand.

    server    starts and stops it; the one module others need, with `shapes` and `scenario`
    scenario  every dial and fault, as data        shapes     the delete requests it can ask for
    world     what is recorded, deleted, seen      generate   seeded recordings
    effects   what an accepted deletion does       faults     what goes wrong on the way
    axes      values a delete request is made of   templates  from these to requests (wire, matching)
    app       the web application; one module an idea: signin, history, deletion, page, practice

Written from public knowledge of Amazon's interface alone and never from this project's own client: two
independent readings, or a mistake would agree with itself. A run against it is no evidence about Amazon.
"""

from importlib.util import find_spec

from agent.errors import UsageError

_missing = [name for name in ("starlette", "uvicorn", "trustme") if find_spec(name) is None]
if _missing:
    raise UsageError(
        f"The practice cloud needs {', '.join(_missing)}.",
        next_step="install voicepurge[practice]",
    )
