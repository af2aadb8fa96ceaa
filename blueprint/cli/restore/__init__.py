"""`restore`: what AWS Backup has kept comes back beside what is there: homes, parts of them, and the hub's database."""
