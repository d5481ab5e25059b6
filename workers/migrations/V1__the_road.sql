-- People, tenants, canvases, and the one log that every reader resumes from.

-- Who belongs where ---------------------------------------------------------------------------------------

CREATE TABLE tenants (
    tenant_id  text PRIMARY KEY CHECK (tenant_id ~ '^t_[a-z0-9_-]{1,62}$' AND tenant_id <> 't_unknown'),
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    user_id       text PRIMARY KEY,
    email         text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE memberships (
    tenant_id text NOT NULL REFERENCES tenants,
    user_id   text NOT NULL REFERENCES users,
    role      text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

-- One row per login. The refresh token is spent and replaced at each use; its SHA-256 is all that is kept.
CREATE TABLE sessions (
    session_id   uuid PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users,
    refresh_hash text NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX sessions_of_user ON sessions (user_id);

-- What there is --------------------------------------------------------------------------------------------

CREATE TABLE canvases (
    tenant_id    text NOT NULL REFERENCES tenants,
    env          text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    canvas_id    text NOT NULL,
    workspace_id text NOT NULL,
    project_id   text NOT NULL,
    app_id       text NOT NULL,
    surface_id   text NOT NULL,
    title        text,
    -- The command that registered it: tells its repeat from another's attempt.
    command_id   uuid NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, env, canvas_id)
);

-- The one log ----------------------------------------------------------------------------------------------

-- Where each log ends. Locked first by whoever appends: it gives seq and rev without holes.
CREATE TABLE heads (
    tenant_id  text   NOT NULL,
    env        text   NOT NULL,
    stream     text   NOT NULL, -- canvas.{canvas_id} or thread.{thread_id}
    seq        bigint NOT NULL DEFAULT 0,
    rev        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, env, stream)
) WITH (fillfactor = 50);

-- Every truth event, as readers get it but for meta.cursor.
CREATE TABLE log (
    tenant_id  text   NOT NULL,
    env        text   NOT NULL,
    stream     text   NOT NULL,
    seq        bigint NOT NULL,
    rev        bigint,          -- of a commit
    command_id uuid,            -- that caused it
    event      json   NOT NULL, -- a StreamEvent, kept to the letter
    PRIMARY KEY (tenant_id, env, stream, seq)
);
CREATE UNIQUE INDEX log_revs ON log (tenant_id, env, stream, rev) WHERE rev IS NOT NULL;

-- What became of each command. An applied one binds its idempotency key; a refused one does not.
CREATE TABLE commands (
    tenant_id       text    NOT NULL,
    command_id      uuid    NOT NULL,
    env             text    NOT NULL,
    stream          text    NOT NULL,
    actor_id        text    NOT NULL,
    idempotency_key text    NOT NULL,
    fingerprint     text    NOT NULL,
    applied         boolean NOT NULL,
    outcome         json    NOT NULL, -- subjects::answer::Answer.outcome
    decided_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, command_id)
);
CREATE UNIQUE INDEX commands_once ON commands (tenant_id, env, stream, actor_id, idempotency_key) WHERE applied;

-- What an applied command's id or key stands for never changes, whoever asks in whatever race.
CREATE FUNCTION refuse_to_change_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE unique_violation USING MESSAGE = 'the command was applied';
END $$;
CREATE TRIGGER commands_applied BEFORE UPDATE ON commands
    FOR EACH ROW WHEN (OLD.applied) EXECUTE FUNCTION refuse_to_change_applied();

-- Documents as they were at some revs; the bytes are in S3.
CREATE TABLE snapshots (
    tenant_id   text   NOT NULL,
    env         text   NOT NULL,
    canvas_id   text   NOT NULL,
    rev         bigint NOT NULL,
    state_hash  text   NOT NULL,
    storage_key text   NOT NULL,
    PRIMARY KEY (tenant_id, env, canvas_id, rev)
);

-- Limits counted across edges ------------------------------------------------------------------------------

-- Theoretical arrival times (GCRA). Losing them in a crash of the server costs one burst.
CREATE UNLOGGED TABLE rate_limits (
    tenant_id text NOT NULL,
    class     text NOT NULL,
    arrival   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, class)
) WITH (fillfactor = 50);

-- How many streams each edge holds for a tenant, until the edge says so again.
CREATE UNLOGGED TABLE connections (
    tenant_id  text NOT NULL,
    edge_id    text NOT NULL,
    held       integer NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, edge_id)
) WITH (fillfactor = 50);

-- Grants up to `wanted` of what a tenant may do `per_second`, with at most `burst` at once.
CREATE FUNCTION lease_rate(tenant text, what text, wanted integer, per_second double precision, burst double precision,
                           OUT granted integer, OUT retry_after_ms integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    at      timestamptz := clock_timestamp();
    ahead   double precision; -- seconds by which the arrival lies ahead of now
    room    double precision;
BEGIN
    INSERT INTO rate_limits VALUES (tenant, what, at) ON CONFLICT DO NOTHING;
    SELECT greatest(0, extract(epoch FROM arrival - at)) INTO ahead
      FROM rate_limits WHERE tenant_id = tenant AND class = what FOR UPDATE;
    room := burst - ahead * per_second;
    granted := greatest(0, least(wanted, floor(room + 1e-6)::integer));
    retry_after_ms := CASE WHEN granted > 0 THEN 0 ELSE ceil((1 - room) / per_second * 1000)::integer END;
    UPDATE rate_limits SET arrival = at + make_interval(secs => ahead + granted / per_second)
     WHERE tenant_id = tenant AND class = what AND granted > 0;
END $$;

-- Says how many streams this edge holds for a tenant, and is told how many all others hold.
CREATE FUNCTION lease_connections(tenant text, edge text, holds integer, ttl_secs integer, OUT held_elsewhere integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO connections VALUES (tenant, edge, holds, now() + make_interval(secs => ttl_secs))
    ON CONFLICT (tenant_id, edge_id) DO UPDATE SET held = excluded.held, expires_at = excluded.expires_at;
    SELECT coalesce(sum(held), 0) INTO held_elsewhere
      FROM connections WHERE tenant_id = tenant AND edge_id <> edge AND expires_at > now();
END $$;

-- Who may what ---------------------------------------------------------------------------------------------

-- The roles are the cluster's, not the database's: another database may have made them already.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'northstar_edge') THEN CREATE ROLE northstar_edge; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'northstar_worker') THEN CREATE ROLE northstar_worker; END IF;
END $$;
REVOKE ALL ON FUNCTION lease_rate, lease_connections FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO northstar_edge, northstar_worker;
GRANT SELECT ON tenants, users, memberships, sessions, canvases, heads, log, commands, snapshots TO northstar_edge;
GRANT EXECUTE ON FUNCTION lease_rate, lease_connections TO northstar_edge;
GRANT SELECT, INSERT ON tenants, canvases, log, snapshots TO northstar_worker;
GRANT SELECT, INSERT, UPDATE ON users, sessions, heads, commands TO northstar_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO northstar_worker;
