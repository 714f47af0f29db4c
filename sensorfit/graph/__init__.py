"""The graph that every analysis reads: an ONNX file in, a canonical graph and a device graph out."""
