"""Training code: nothing here runs when songs are cut or scored."""
