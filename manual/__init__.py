"""The pages of the manual that are generated from the code, and the site: `python -m manual` writes the pages."""
