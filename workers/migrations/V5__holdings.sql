-- What a tenant holds at once, connections and subscriptions alike, counted across edges.

DROP FUNCTION lease_connections;
DROP TABLE connections;

-- How much each edge holds for a tenant, until the edge says so again.
CREATE UNLOGGED TABLE holdings (
    tenant_id  text NOT NULL,
    what       text NOT NULL,
    edge_id    text NOT NULL,
    held       integer NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, what, edge_id)
) WITH (fillfactor = 50);

-- Says how much this edge holds for a tenant, and is told how much all others hold. Forgets edges that say no more.
CREATE FUNCTION lease_holdings(tenant text, kind text, edge text, holds integer, ttl_secs integer, OUT held_elsewhere integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO holdings VALUES (tenant, kind, edge, holds, now() + make_interval(secs => ttl_secs))
    ON CONFLICT (tenant_id, what, edge_id) DO UPDATE SET held = excluded.held, expires_at = excluded.expires_at;
    -- Locked ones are just being said again, or forgotten by another edge.
    DELETE FROM holdings WHERE (tenant_id, what, edge_id) IN (
        SELECT tenant_id, what, edge_id FROM holdings
         WHERE tenant_id = tenant AND what = kind AND expires_at < now() FOR UPDATE SKIP LOCKED);
    SELECT coalesce(sum(held), 0) INTO held_elsewhere
      FROM holdings WHERE tenant_id = tenant AND what = kind AND edge_id <> edge AND expires_at > now();
END $$;

REVOKE ALL ON FUNCTION lease_holdings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_holdings TO northstar_edge;
