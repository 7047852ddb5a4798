"""`python -m agent`, and the command `voicepurge`."""

import sys


def main() -> int:
    """Runs the command line; returns its exit code."""
    from agent.cli.app import run_command

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
