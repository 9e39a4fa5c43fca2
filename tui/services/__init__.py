"""Services that the app holds and hands to its screens."""
