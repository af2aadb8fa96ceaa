"""The life of a deployment in the rehearsal: from bootstrap to nothing left, with what is checked on the way."""
