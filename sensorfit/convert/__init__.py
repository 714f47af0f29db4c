"""``build`` and ``--confirm``: Sony's converter as a subprocess, and what it leaves behind."""
