"""Peak memory of a device graph on the sensor: bytes, plan, peak."""
