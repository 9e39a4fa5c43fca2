"""Reading and writing the catalogue, one room per kind of record.

Each class is reached through `utawaku.library.catalogue.Catalogue`, e.g. `catalogue.songs`.
"""
