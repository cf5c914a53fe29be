"""Failures of the command: one clear line and an exit code each."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `savepoint`; 2 is a wrong option, as everywhere."""

    FOUND = 1
    """An audit or the doctor found something."""
    PORT = 3
    FOLDER_IN_USE = 4
    SCHEMA = 5
    POSTGRES = 6
    KAFKA = 7
    REGISTER = 8
    DISK = 9
    """The disk is full, or the data folder cannot be written to."""
    NOT_RUNNING = 10
    STACK = 11
    """The stack does not start, is not ready, or does not stop."""


class CommandFailed(Exception):
    """What went wrong and what to do, for the person at the terminal."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
