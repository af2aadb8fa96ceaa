"""`status`: who works, on what, and what took a server's start so long."""
