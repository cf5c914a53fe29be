"""The register itself: pure rules without I/O, a clock of its own, or HTTP."""
