"""Settings, root urls, shared pages and components, processes and the command line."""
