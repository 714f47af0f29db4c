"""What the device and its converter accept: facts as TOML, constraints as functions."""
