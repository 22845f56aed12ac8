"""Screenshots of every screen in every state, from the real window on real parts, for judging and for the README."""
