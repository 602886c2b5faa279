"""`python -m bot` is `registry-bot`."""

from bot import cli

if __name__ == "__main__":
    cli.main()
