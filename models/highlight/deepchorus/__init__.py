"""DeepChorus: weights read without TensorFlow, run by ONNX Runtime on songs of any length."""
