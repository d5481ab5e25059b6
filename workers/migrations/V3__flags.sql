-- Feature flags, and who changed them.

-- What each tenant set. The rows of t_system are everybody's defaults, and only they are locked.
CREATE TABLE flags (
    tenant_id text    NOT NULL REFERENCES tenants,
    env       text    NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    key       text    NOT NULL,
    value     json    NOT NULL,
    locked    boolean NOT NULL DEFAULT false CHECK (NOT locked OR tenant_id = 't_system'),
    PRIMARY KEY (tenant_id, env, key)
);

-- How often a tenant's flags were changed. Locked first by whoever changes them; edges look what changed lately.
CREATE TABLE flag_versions (
    tenant_id  text   NOT NULL REFERENCES tenants,
    env        text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    version    bigint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env)
);
CREATE INDEX flag_versions_lately ON flag_versions (changed_at);

-- Every change there ever was, in the transaction that made it.
CREATE TABLE flag_changes (
    tenant_id  text   NOT NULL,
    env        text   NOT NULL,
    version    bigint NOT NULL, -- of flag_versions, that this change made
    key        text   NOT NULL,
    was        json,            -- {value, locked}; null where nothing was set
    becomes    json,            -- the same; null where nothing is set any more
    command_id uuid   NOT NULL,
    actor_id   text   NOT NULL,
    request_id text   NOT NULL,
    trace_id   text   NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, version, key)
);
CREATE UNIQUE INDEX flag_changes_once ON flag_changes (tenant_id, env, command_id, key);

CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'what happened is not changed';
END $$;
CREATE TRIGGER flag_changes_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON flag_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

GRANT SELECT ON flags, flag_versions, flag_changes TO northstar_edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON flags TO northstar_worker;
GRANT SELECT, INSERT, UPDATE ON flag_versions TO northstar_worker;
GRANT SELECT, INSERT ON flag_changes TO northstar_worker;
