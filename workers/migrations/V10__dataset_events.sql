-- DatasetEvents of everything, on their way into the tenant's log.

ALTER TABLE dataset_events RENAME COLUMN details TO payload;
ALTER TABLE dataset_events
    ALTER COLUMN payload DROP NOT NULL, -- null once it is erased
    -- Hides the payload behind what the log commits to. Goes with it.
    ADD COLUMN salt     bytea DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    ADD COLUMN routing  json    NOT NULL DEFAULT '{}', -- the keys below tenant and env
    ADD COLUMN train_ok boolean NOT NULL DEFAULT true,
    ADD COLUMN pii      text[]  NOT NULL DEFAULT '{}', -- the kinds of personal data that were taken out
    ADD COLUMN redactor text    NOT NULL DEFAULT '';   -- the version of what took them out; empty for none

-- What was kept of changes of flags is kept like everything else. A command's changes are one event from now on.
INSERT INTO dataset_events (tenant_id, env, event_id, ts, actor_id, actor_type, action, resource, outcome, request_id,
                            trace_id, payload)
SELECT tenant_id, env, command_id, min(changed_at), min(actor_id),
       CASE min(actor_id) WHEN 'system' THEN 'system' ELSE 'human' END, 'control.set_flags', 'flags', 'done',
       min(request_id), min(trace_id),
       json_build_object('version', version, 'flags', json_object_agg(key, json_build_object('was', was, 'becomes', becomes)))
  FROM flag_changes GROUP BY tenant_id, env, version, command_id;
DROP TABLE flag_changes;

-- Events that have no place in the log yet.
CREATE TABLE audit_queue (
    tenant_id text NOT NULL,
    env       text NOT NULL,
    event_id  uuid NOT NULL,
    PRIMARY KEY (tenant_id, env, event_id)
);
INSERT INTO audit_queue SELECT tenant_id, env, event_id FROM dataset_events;

CREATE FUNCTION queue_for_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_queue SELECT tenant_id, env, event_id FROM recorded;
    RETURN NULL;
END $$;
CREATE TRIGGER dataset_events_queue AFTER INSERT ON dataset_events REFERENCING NEW TABLE AS recorded
    FOR EACH STATEMENT EXECUTE FUNCTION queue_for_audit();

GRANT SELECT ON dataset_events TO northstar_edge;
GRANT SELECT, INSERT, DELETE ON audit_queue TO northstar_worker;
