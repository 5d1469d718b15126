"""The command line of `collect`: `main` and `study` train; `database` looks after what is kept."""
