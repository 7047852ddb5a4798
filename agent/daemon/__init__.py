"""The service: when to run, and living for years.

    wallclock   local times of day to moments, also where clocks are set back or forward (pure)
    schedule    slots, their names and their jitter (pure); the only APScheduler
    due         what must run now, what was missed, when to look again (pure)

Left out here: one run (`agent.purge`), telling people (`agent.alerts`).
"""
