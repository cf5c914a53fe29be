"""`python -m kkm_server`."""

from kkm_server.main import main

main()
