"""The command line, one module a command: it joins the pipeline and the screen."""
