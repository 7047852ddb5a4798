"""The service: when to run, and living for years.

    wallclock   local times of day to moments, also where clocks are set back or forward (pure)
    schedule    slots, their names and their jitter (pure); the only APScheduler
    due         what must run now, what was missed, when to look again (pure)
    rechecks    when to look again for what a run left open (pure)
    service     the life of the whole: start, beat, reload, stop
    account     one account, turn by turn; jobs and chores are what it does, under the account's lock
    inforce     the configuration in force; heartbeat notices that it, or the clock, changed
    alone       one service at a time
    stopping    an end within seconds; network: waiting for one after a boot
    telling     the seam to everybody who is told something; outlets: who that is by the configuration
    switch      the dead man's switch; numbers: Prometheus; digest: a summary now and then
    sdnotify    systemd; board and summary: how the service says it is

Left out here: one run (`agent.purge`), telling people (`agent.alerts`).
"""
