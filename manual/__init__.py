"""The manual's pages that are generated from the code, and its site. `python -m manual` writes the pages."""
