"""The gate: private room states in, releases out, and nothing else past it.

    options, profiles   what the owner may choose, and what each profile promises
    gate                windows on a fixed grid; one verdict each
    company, tally      who is there, counted conservatively; what a window adds up to
    steady              hysteresis and dwell time
    suggest             what a game or a player may do next, from what is published alone
    votes, reactions    the ballot of each person-session; when many react together
    crowd, noise        discrete Laplace noise, and what is computed from the noisy counts
    content             where a player is in what it shows
    ledger              the privacy budget, spent once whatever happens
    consent             who agreed to which sensor, until when
    report, notice      the guarantee in sentences; the sign at the door

Import from the modules themselves, so that reading a configuration stays light.
"""
