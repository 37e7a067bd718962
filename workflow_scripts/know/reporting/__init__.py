"""Tables and figures, made from stored records only."""
