"""What a build puts into ``deploy/``: files that run on the Raspberry Pi, beside nothing of sensorfit."""
