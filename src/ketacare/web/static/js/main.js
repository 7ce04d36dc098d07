// Every staff page loads this; each module wakes only where the page asks for it.
