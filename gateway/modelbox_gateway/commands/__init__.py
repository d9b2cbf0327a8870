"""Requests and the rules they obey: pure `decide` and `evolve`, and the loop that loads, decides and appends."""
