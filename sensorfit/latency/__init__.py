"""How long a network takes on the sensor, with its error: MACs, cycles, milliseconds."""
