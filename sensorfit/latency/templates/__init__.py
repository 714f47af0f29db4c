"""What a calibration kit carries to the Raspberry Pi, beside nothing of sensorfit."""
