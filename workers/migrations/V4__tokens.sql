-- Tokens that end: what was revoked, tickets, and people whom other issuers know.

-- What tokens can no longer give, although they say so. Forgotten when all of them have ended.
CREATE SEQUENCE revocation_numbers;
CREATE TABLE revocations (
    tenant_id  text   NOT NULL, -- tenant-0: everywhere
    kind       text   NOT NULL CHECK (kind IN ('session', 'token', 'member')),
    subject    text   NOT NULL, -- the session, the token, or the member
    role       text   CHECK (role IN ('viewer', 'member', 'admin', 'owner')), -- of a member; null: none any more
    number     bigint NOT NULL DEFAULT nextval('revocation_numbers'),
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kind, subject)
);
CREATE INDEX revocations_by_time ON revocations (revoked_at);

-- Tickets: each opens one stream in the name of the token behind it. Losing them in a crash of the server costs a client
-- one more request.
CREATE UNLOGGED TABLE tickets (
    tenant_id   text NOT NULL,
    hash        text NOT NULL, -- SHA-256 of the ticket, in hex
    env         text NOT NULL,
    scope       text NOT NULL, -- the path of the stream
    origin      text,          -- of the page that may use it
    stream_id   uuid NOT NULL, -- the stream that it opens
    claims      json NOT NULL, -- of the token behind it
    redeem_by   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL, -- with the token behind it
    redeemed_at timestamptz,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE FUNCTION issue_ticket(tenant text, ticket text, place text, path text, page text, stream uuid, behind json,
                             redeem_secs integer, ends_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    INSERT INTO tickets (tenant_id, hash, env, scope, origin, stream_id, claims, redeem_by, expires_at)
    VALUES (tenant, ticket, place, path, page, stream, behind, now() + make_interval(secs => redeem_secs), ends_at)
$$;

-- Whether the ticket opens its stream now: the first time while it is fresh, later only for who proves to have read that
-- stream. Of two that try at once one waits for the other's row, and then sees it redeemed.
CREATE FUNCTION redeem_ticket(tenant text, ticket text, has_read boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE tickets SET redeemed_at = coalesce(redeemed_at, now())
     WHERE tenant_id = tenant AND hash = ticket AND expires_at > now()
       AND CASE WHEN redeemed_at IS NULL THEN redeem_by > now() ELSE has_read END;
    RETURN FOUND;
END $$;

-- Another token stands behind the ticket from now on.
CREATE FUNCTION renew_ticket(tenant text, ticket text, behind json, ends_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    UPDATE tickets SET claims = behind, expires_at = ends_at WHERE tenant_id = tenant AND hash = ticket
$$;

-- People whom other issuers know have no password here, and perhaps no address.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL, ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE users ADD COLUMN issuer text, ADD COLUMN subject text;
CREATE UNIQUE INDEX users_of_issuer ON users (issuer, subject) WHERE issuer IS NOT NULL;

REVOKE ALL ON FUNCTION issue_ticket, redeem_ticket, renew_ticket FROM PUBLIC;
GRANT EXECUTE ON FUNCTION issue_ticket, redeem_ticket, renew_ticket TO northstar_edge;
GRANT SELECT ON revocations, tickets TO northstar_edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON revocations TO northstar_worker;
GRANT SELECT, DELETE ON tickets TO northstar_worker;
GRANT USAGE ON SEQUENCE revocation_numbers TO northstar_worker;
