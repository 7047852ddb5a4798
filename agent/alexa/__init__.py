"""Amazon's side: what the agent sends there and what it concludes from the answers.

Read `PROTOCOL.md` beside this file first when Amazon changed something.

    marketplaces  hosts, languages: data
    exchange      the values one request and one answer are made of
    transport     one request over httpx and TLS, one whole answer; practice: to which address
    conversation  the account's hosts and no others: cookies, redirects, pacing, retry
    session       one signed-in account; credentials and csrf know where its tokens come from
    decode, answers, wire, paging   pure: bytes to JSON, to a reason, to recordings, to the last page
    identity      whose account it is, and its devices
    history       implements `agent.ports.VoiceHistory`
"""
