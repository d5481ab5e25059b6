-- Threads: conversations, each with a log of its own beside those of the canvases.

CREATE TABLE threads (
    tenant_id    text NOT NULL REFERENCES tenants,
    env          text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    thread_id    text NOT NULL,
    canvas_id    text, -- that it is about, if it is about one
    workspace_id text NOT NULL,
    project_id   text NOT NULL,
    app_id       text NOT NULL,
    surface_id   text NOT NULL,
    -- The command that registered it: tells its repeat from another's attempt.
    command_id   uuid NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, env, thread_id),
    FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES canvases
);
CREATE INDEX threads_of_canvas ON threads (tenant_id, env, canvas_id, thread_id) WHERE canvas_id IS NOT NULL;

GRANT SELECT ON threads TO northstar_edge;
GRANT SELECT, INSERT ON threads TO northstar_worker;

-- Runs of agents. What happens in one passes; that it began and how it ended is kept.
CREATE TABLE runs (
    tenant_id    text NOT NULL,
    env          text NOT NULL,
    run_id       text NOT NULL,
    thread_id    text NOT NULL,
    actor_id     text NOT NULL, -- who began it
    actor_type   text NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    -- How it ended, in a word of whoever ended it.
    status       text,
    cancelled    boolean NOT NULL DEFAULT false,
    -- The event that said so.
    end_event_id uuid,
    PRIMARY KEY (tenant_id, env, run_id),
    FOREIGN KEY (tenant_id, env, thread_id) REFERENCES threads,
    CHECK ((ended_at IS NULL) = (end_event_id IS NULL) AND (ended_at IS NULL) = (status IS NULL))
);
CREATE INDEX runs_of_thread ON runs (tenant_id, env, thread_id, started_at);

GRANT SELECT ON runs TO northstar_edge;
GRANT SELECT, INSERT, UPDATE ON runs TO northstar_worker;
