-- Erasing what somebody left in the log, while its proofs stay whole (contract section 9).

-- Nothing of an event changes, but that its payload goes, and the salt with it: by the function below alone, which nobody but
-- the owner of the table can be.
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased dataset_events := OLD;
BEGIN
    erased.payload := NULL;
    erased.salt := NULL;
    -- As text: there is no equality of json.
    IF NEW::text IS DISTINCT FROM erased::text OR OLD.payload IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'history is not changed';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER dataset_events_stay ON dataset_events;
CREATE TRIGGER dataset_events_stay BEFORE DELETE OR TRUNCATE ON dataset_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER dataset_events_erase BEFORE UPDATE ON dataset_events
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure();

-- What is left of somebody is found without looking at all.
CREATE INDEX dataset_events_of_actor ON dataset_events (tenant_id, actor_id, env, event_id) WHERE payload IS NOT NULL;

-- Erases payload and salt of up to `batch` events of an actor in a tenant, in all envs. What has no place in the log yet stays:
-- the log must have committed to it first. Says how many it erased, and how many of the actor's are left.
CREATE FUNCTION erase_actor(tenant text, actor text, batch integer, OUT erased bigint, OUT waiting bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    -- Said here as well: an owner who is a superuser is not held to row-level security.
    IF tenant IS DISTINCT FROM current_setting('northstar.tenant', true) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only what is one''s own is erased';
    END IF;
    WITH these AS (
        SELECT e.env, e.event_id FROM dataset_events e
         WHERE e.tenant_id = tenant AND e.actor_id = actor AND e.payload IS NOT NULL
           AND NOT EXISTS (SELECT FROM audit_queue q
                            WHERE q.tenant_id = tenant AND q.env = e.env AND q.event_id = e.event_id)
         LIMIT batch
    )
    UPDATE dataset_events e SET payload = NULL, salt = NULL FROM these
     WHERE e.tenant_id = tenant AND e.env = these.env AND e.event_id = these.event_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    SELECT count(*) INTO waiting FROM dataset_events e
     WHERE e.tenant_id = tenant AND e.actor_id = actor AND e.payload IS NOT NULL;
END $$;
REVOKE ALL ON FUNCTION erase_actor FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_actor TO northstar_worker;
