"""What benchmarks' command lines are made of."""

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """A number of runs, people or seconds, as an argument of argparse."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 to 100000")
    return int(text)
