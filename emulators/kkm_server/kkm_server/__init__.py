"""An emulator of KKM-Server with a fiscal register behind it."""
