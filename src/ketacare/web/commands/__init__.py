"""The commands of `ketacare`: one module each, found by its name. A module has:

    HELP: str                          one line for the list of commands
    EXAMPLE: str                       shown under --help
    add_arguments(parser) -> None
    run(arguments) -> int              0 done, 2 bad input (raise ketacare.web.cli.BadInput), 1 a fault of ours
    SCHEMA: dict[str, Any]             only where the command reads JSON: what --schema prints

A module is imported only to run it or to list it: keep Django and other heavy imports inside `run`.
"""
