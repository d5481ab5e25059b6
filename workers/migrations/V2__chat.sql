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
