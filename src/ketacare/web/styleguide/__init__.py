"""The style guide: every component in every state, for whoever builds or reviews a page."""
