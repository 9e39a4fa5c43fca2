"""Where songs are published to, behind one small protocol."""
