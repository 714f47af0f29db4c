"""``fix``: forms that the converter refuses become accepted ones, each proven where it is applied.

file ─► load ─► canonical ─► settle ─► proven ─► compared ─► written
                              (forms/)
"""
