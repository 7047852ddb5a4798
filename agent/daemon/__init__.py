"""The service: when to run, and living for years.

Left out here: one run (`agent.purge`), telling people (`agent.alerts`).
"""
