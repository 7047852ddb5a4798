#!/bin/sh
# The tests once more, against the wheel a person would install: no checkout on the path.
set -eu
root=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
chmod 755 "$work"  # some tests look at it as another user
trap 'rm -rf "$work"' EXIT
"$root/.venv/bin/python" -m build --wheel --no-isolation --outdir "$work/dist" "$root" >/dev/null
python3=$("$root/.venv/bin/python" -c 'import sys; print(sys._base_executable)')
"$python3" -m venv "$work/venv"
"$work/venv/bin/python" -m pip --disable-pip-version-check --quiet install --require-hashes -r "$root/requirements-dev.lock"
"$work/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --no-index "$work"/dist/*.whl
mkdir "$work/checkout"
cp -R "$root/tests" "$root/pyproject.toml" "$root/README.md" "$work/checkout/"
cd "$work/checkout"
"$work/venv/bin/python" -c 'import agent, sys; sys.exit("site-packages" not in agent.__file__)'
"$work/venv/bin/python" -m pytest -q -n auto -m "not heavy" --ignore tests/test_project.py -p no:cacheprovider
