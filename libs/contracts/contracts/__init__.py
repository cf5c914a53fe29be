"""What Savepoint's services say to each other: topics, headers, and one model per versioned type."""

from contracts import billing, branch, fiscal, hall, journal, staff
from contracts.message import TYPES, Message

__all__ = ["TYPES", "Message", "billing", "branch", "fiscal", "hall", "journal", "staff"]
