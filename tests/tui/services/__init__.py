"""Tests of the services that the app holds."""
