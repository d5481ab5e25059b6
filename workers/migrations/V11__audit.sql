-- The tamper-evident log of each tenant and env: RFC 6962, kept as the tiles that it is published in (contract section 9).

-- In the order in which they were put down, so that the next ones are found without looking at all.
ALTER TABLE audit_queue DROP CONSTRAINT audit_queue_pkey;
ALTER TABLE audit_queue
    ADD COLUMN number    bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD PRIMARY KEY (tenant_id, env, number);
-- What passes through a queue is swept away often.
ALTER TABLE audit_queue SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

-- The place of every event. The record that is hashed follows from it and the event, for ever.
CREATE TABLE audit_entries (
    tenant_id          text   NOT NULL,
    env                text   NOT NULL,
    seq                bigint NOT NULL CHECK (seq >= 0), -- dense, from 0
    event_id           uuid   NOT NULL,
    payload_commitment bytea  NOT NULL, -- outlives the payload
    PRIMARY KEY (tenant_id, env, seq),
    UNIQUE (tenant_id, env, event_id)
);
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- Hashes, 256 to a tile; the last of each level grows.
CREATE TABLE audit_tiles (
    tenant_id text     NOT NULL,
    env       text     NOT NULL,
    level     smallint NOT NULL,
    number    bigint   NOT NULL,
    hashes    bytea    NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (tenant_id, env, level, number)
);
-- Hashes look like chance: there is nothing to compress.
ALTER TABLE audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- How far each log is. Whoever appends holds its row, and moves it on from where it found it.
CREATE TABLE audit_heads (
    tenant_id text   NOT NULL,
    env       text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    size      bigint NOT NULL CHECK (size >= 0),
    root      bytea  NOT NULL,
    note      text   NOT NULL, -- the signed checkpoint; empty before the first record
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env)
);

-- Tiles grow at their end, and heads go forward: for everyone, the owner of these tables included.
CREATE FUNCTION refuse_to_rewrite_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.tenant_id, NEW.env, NEW.level, NEW.number) IS DISTINCT FROM (OLD.tenant_id, OLD.env, OLD.level, OLD.number)
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'a tile only grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_tiles_grow BEFORE UPDATE ON audit_tiles FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_tile();
CREATE TRIGGER audit_tiles_stay BEFORE DELETE OR TRUNCATE ON audit_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

CREATE FUNCTION refuse_to_roll_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'a log only grows';
END $$;
CREATE TRIGGER audit_heads_advance BEFORE UPDATE ON audit_heads FOR EACH ROW
    WHEN (NEW.size <= OLD.size OR NEW.tenant_id <> OLD.tenant_id OR NEW.env <> OLD.env)
    EXECUTE FUNCTION refuse_to_roll_back();
CREATE TRIGGER audit_heads_stay BEFORE DELETE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- Logs of which the bucket has no whole copy yet.
CREATE TABLE audit_unpublished (
    tenant_id    text   NOT NULL,
    env          text   NOT NULL,
    from_size    bigint NOT NULL, -- the bucket has as many records
    to_size      bigint NOT NULL, -- there are as many
    since        timestamptz NOT NULL DEFAULT clock_timestamp(), -- when the first of them came that it has not
    lease        uuid, -- of who copies
    not_before   timestamptz NOT NULL DEFAULT clock_timestamp(), -- nobody else does, until then
    PRIMARY KEY (tenant_id, env)
);
CREATE INDEX audit_unpublished_due ON audit_unpublished (not_before);

GRANT SELECT ON audit_entries, audit_tiles, audit_heads TO northstar_edge;
GRANT SELECT, INSERT ON audit_entries TO northstar_worker;
GRANT SELECT, INSERT, UPDATE ON audit_tiles, audit_heads TO northstar_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_unpublished TO northstar_worker;
