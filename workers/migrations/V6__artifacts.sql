-- What is kept of bytes: artifacts of canvases, and assets. The bytes are in S3.

-- Everything that has bytes. What was promised of them is proved before it is ready.
CREATE TABLE objects (
    tenant_id    text   NOT NULL REFERENCES tenants,
    env          text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    object_id    text   NOT NULL, -- artifact_id or asset_id
    area         text   NOT NULL CHECK (area IN ('artifacts', 'raw', 'media_v2')),
    size         bigint NOT NULL CHECK (size >= 0),
    sha256       text   NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content_type text   NOT NULL,
    filename     text,            -- as the client said it
    -- Where the bytes are: where those of another object are that had the same first, if there is one.
    storage_key  text   NOT NULL,
    status       text   NOT NULL CHECK (status IN ('pending', 'ready', 'refused', 'expired')),
    upload_id    text,            -- of an upload in parts, until they are put together
    -- The command that asked for it: tells its repeat from another's attempt.
    command_id   uuid   NOT NULL,
    actor_id     text   NOT NULL,
    actor_type   text   NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    settled_at   timestamptz,     -- when it was no longer pending
    swept_at     timestamptz,     -- when bytes that it does not need, those of an expired one or copies, were gone for good
    PRIMARY KEY (tenant_id, env, object_id)
);
CREATE INDEX objects_by_content ON objects (tenant_id, env, sha256) WHERE status = 'ready';
CREATE INDEX objects_pending ON objects (tenant_id, env, created_at) WHERE status = 'pending';
CREATE INDEX objects_to_expire ON objects (created_at) WHERE status = 'pending';
CREATE INDEX objects_to_sweep ON objects (settled_at) WHERE status <> 'pending' AND swept_at IS NULL;

-- What was made of a canvas. Where the canvas belongs stands in its own row, and never changes.
CREATE TABLE artifacts (
    tenant_id      text NOT NULL,
    env            text NOT NULL,
    artifact_id    text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('preview', 'replay', 'audit', 'export', 'media', 'snapshot',
                                                 'walkthrough_sales', 'walkthrough_debug')),
    canvas_id      text NOT NULL,
    rev            bigint,
    correlation_id uuid,
    seq            bigint, -- of artifact_written in the canvas's log, once it is ready
    PRIMARY KEY (tenant_id, env, artifact_id),
    FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES objects,
    FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES canvases
);
CREATE INDEX artifacts_of_canvas ON artifacts (tenant_id, env, canvas_id, artifact_id);

-- What was made of what.
CREATE TABLE lineage (
    tenant_id text NOT NULL,
    env       text NOT NULL,
    child_id  text NOT NULL,
    parent_id text NOT NULL,
    PRIMARY KEY (tenant_id, env, child_id, parent_id),
    FOREIGN KEY (tenant_id, env, child_id) REFERENCES objects,
    FOREIGN KEY (tenant_id, env, parent_id) REFERENCES objects,
    CHECK (child_id <> parent_id)
);
CREATE INDEX lineage_of_parent ON lineage (tenant_id, env, parent_id, child_id);

-- What happened, and who did it, in the transaction that did.
CREATE TABLE dataset_events (
    tenant_id  text NOT NULL,
    env        text NOT NULL,
    event_id   uuid NOT NULL,
    ts         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id   text NOT NULL,
    actor_type text NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    action     text NOT NULL, -- e.g. artifact.write
    resource   text NOT NULL, -- e.g. artifact.{artifact_id}
    outcome    text NOT NULL, -- done, or the code of the refusal
    request_id text NOT NULL,
    trace_id   text NOT NULL,
    details    json NOT NULL,
    PRIMARY KEY (tenant_id, env, event_id)
);
CREATE TRIGGER dataset_events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON dataset_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

GRANT SELECT ON objects, artifacts, lineage TO northstar_edge;
GRANT SELECT, INSERT, UPDATE ON objects, artifacts TO northstar_worker;
GRANT SELECT, INSERT ON lineage, dataset_events TO northstar_worker;
