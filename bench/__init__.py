"""What Savepoint costs on this machine: `python -m bench`."""

import warnings

# Said by the wheel that brings Postgres, as soon as it is imported, wherever nobody is logged in.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
