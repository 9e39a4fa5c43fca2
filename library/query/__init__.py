"""The search language: `singer:mio taste>0.7 added:-7d title:夜 -label:unknown sort:taste`.

`fields` is the table of what can be asked, `syntax` parses a text into a tree, `completion` offers
how to go on, `results` holds trees and listings. `utawaku.library.store.browse` answers trees from
the catalogue. Import from these modules: `results` is all that the first screen may wait for.
"""
