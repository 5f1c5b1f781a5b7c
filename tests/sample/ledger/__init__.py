"""Accounts, entries and what they add up to."""
