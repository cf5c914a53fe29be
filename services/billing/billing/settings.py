"""What billing is told by its environment: the kit's settings alone."""

from kit.settings import Settings

__all__ = ["Settings"]
