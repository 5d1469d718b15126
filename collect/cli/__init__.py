"""The command line of `collect`: `main` trains; `maintenance` and `exchange` look after a database."""
