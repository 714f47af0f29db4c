"""Sony's converter as a subprocess, and what its files and messages say."""
