"""Reading and writing the catalogue, one room per kind of record.

Each class is reached through `library.catalogue.Catalogue`, e.g. `catalogue.songs`.
"""
