"""Writing model folders for ncnn, ONNX Runtime and OpenVINO."""
