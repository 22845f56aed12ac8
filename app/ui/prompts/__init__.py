"""Prompts to be used again: the button that opens them, the list to choose from, and the library."""
