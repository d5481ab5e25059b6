-- Recorded sessions on canvases.

CREATE TABLE graft_sessions (
    tenant_id       text   NOT NULL REFERENCES tenants,
    env             text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    session_id      text   NOT NULL,
    canvas_id       text   NOT NULL,
    mode            text   NOT NULL CHECK (mode IN ('live', 'auto')),
    gesture_log     text   NOT NULL CHECK (gesture_log IN ('all', 'keyframe', 'none')),
    state           text   NOT NULL CHECK (state IN ('open', 'stopping', 'done')),
    start_rev       bigint NOT NULL,
    started_at      timestamptz NOT NULL,
    -- The command that began it: tells its repeat from another's attempt. And who gave it.
    command_id      uuid   NOT NULL,
    actor_id        text   NOT NULL,
    actor_type      text   NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    -- When something was last committed or shown in it, as far as was looked.
    active_at       timestamptz NOT NULL,
    -- Up to where gestures were taken over from the bus, in its numbers.
    gestures_after  bigint NOT NULL DEFAULT 0,
    end_rev         bigint,
    ended_at        timestamptz,
    -- The command that ended it, as JSON: whoever finishes what a killed worker began goes on with it.
    stop            json,
    artifact_id     text, -- of its replay
    PRIMARY KEY (tenant_id, env, session_id),
    FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES canvases,
    FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES objects,
    CHECK ((state = 'open') = (ended_at IS NULL) AND (state = 'done') = (artifact_id IS NOT NULL))
);
CREATE UNIQUE INDEX graft_sessions_open ON graft_sessions (tenant_id, env, canvas_id) WHERE state <> 'done';
CREATE INDEX graft_sessions_of_canvas ON graft_sessions (tenant_id, env, canvas_id, session_id);
CREATE INDEX graft_sessions_unfinished ON graft_sessions (tenant_id, env, session_id) WHERE state <> 'done';

-- What hands did in a session that is not done, as the bus had it: one row for each of its messages.
CREATE TABLE graft_gestures (
    tenant_id  text   NOT NULL,
    env        text   NOT NULL,
    session_id text   NOT NULL,
    bus_seq    bigint NOT NULL,
    gestures   json   NOT NULL, -- StreamEvents
    PRIMARY KEY (tenant_id, env, session_id, bus_seq),
    FOREIGN KEY (tenant_id, env, session_id) REFERENCES graft_sessions
);

GRANT SELECT ON graft_sessions TO northstar_edge;
GRANT SELECT, INSERT, UPDATE ON graft_sessions TO northstar_worker;
GRANT SELECT, INSERT, DELETE ON graft_gestures TO northstar_worker;
