"""Processes, deadlines, deferred imports and whole files: what every command stands on."""
