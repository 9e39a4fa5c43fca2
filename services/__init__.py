"""Clients of outside services: sites, recognisers, upload targets; rate limits and retries."""
