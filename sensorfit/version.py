"""The version, stated here; pyproject.toml reads it. Asking the installed metadata for it costs a tenth of a check."""

__version__ = "0.1.0"
