-- Who lets others learn from what they do (contract section 9).

CREATE TABLE train_prefs (
    tenant_id  text    NOT NULL REFERENCES tenants,
    user_id    text    NOT NULL, -- empty for the tenant as a whole; tenant-0's is everybody's default
    train_ok   boolean NOT NULL,
    actor_id   text    NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, user_id)
);

-- Whether what an actor does in a tenant may be learned from: not where the tenant said no, or tenant-0 for those that said
-- nothing, nor where the actor did.
CREATE FUNCTION train_ok(tenant text, actor text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = tenant AND p.user_id = ''),
                    (SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = 't_system' AND p.user_id = ''), true)
       AND coalesce((SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = tenant AND p.user_id = actor), true)
$$;

GRANT SELECT ON train_prefs TO northstar_edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON train_prefs TO northstar_worker;
