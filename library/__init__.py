"""The catalogue and the files: what utawaku knows, independent of pipeline, models and screen."""
