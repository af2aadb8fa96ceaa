"""Whether AWS would allow a call: each call to the stand-in, judged by the policies of who makes it."""
