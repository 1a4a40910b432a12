"""Plays Dropbox: OAuth, the files and sharing namespaces, contents."""
