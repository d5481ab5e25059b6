-- The schema that the migrations make. Generated: to change it, add a migration, and take what the test
-- `private_schema` writes to target/schema.sql.

CREATE FUNCTION public.erase_actor(tenant text, actor text, batch integer, OUT erased bigint, OUT waiting bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

CREATE FUNCTION public.issue_ticket(tenant text, ticket text, place text, path text, page text, stream uuid, behind json, redeem_secs integer, ends_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    INSERT INTO tickets (tenant_id, hash, env, scope, origin, stream_id, claims, redeem_by, expires_at)
    VALUES (tenant, ticket, place, path, page, stream, behind, now() + make_interval(secs => redeem_secs), ends_at)
$$;

CREATE FUNCTION public.lease_holdings(tenant text, kind text, edge text, holds integer, ttl_secs integer, OUT held_elsewhere integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

CREATE FUNCTION public.lease_rate(tenant text, what text, wanted integer, per_second double precision, burst double precision, OUT granted integer, OUT retry_after_ms integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

CREATE FUNCTION public.queue_for_audit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO audit_queue SELECT tenant_id, env, event_id FROM recorded;
    RETURN NULL;
END $$;

CREATE FUNCTION public.redeem_ticket(tenant text, ticket text, has_read boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    UPDATE tickets SET redeemed_at = coalesce(redeemed_at, now())
     WHERE tenant_id = tenant AND hash = ticket AND expires_at > now()
       AND CASE WHEN redeemed_at IS NULL THEN redeem_by > now() ELSE has_read END;
    RETURN FOUND;
END $$;

CREATE FUNCTION public.refuse_all_but_erasure() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.refuse_to_change_applied() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE unique_violation USING MESSAGE = 'the command was applied';
END $$;

CREATE FUNCTION public.refuse_to_change_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'what happened is not changed';
END $$;

CREATE FUNCTION public.refuse_to_rewrite_tile() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (NEW.tenant_id, NEW.env, NEW.level, NEW.number) IS DISTINCT FROM (OLD.tenant_id, OLD.env, OLD.level, OLD.number)
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'a tile only grows';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.refuse_to_roll_back() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'a log only grows';
END $$;

CREATE FUNCTION public.renew_ticket(tenant text, ticket text, behind json, ends_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    UPDATE tickets SET claims = behind, expires_at = ends_at WHERE tenant_id = tenant AND hash = ticket
$$;

CREATE FUNCTION public.train_ok(tenant text, actor text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = tenant AND p.user_id = ''),
                    (SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = 't_system' AND p.user_id = ''), true)
       AND coalesce((SELECT p.train_ok FROM train_prefs p WHERE p.tenant_id = tenant AND p.user_id = actor), true)
$$;

CREATE TABLE public.actions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    action_id uuid NOT NULL,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    surface text,
    provider text,
    cost_micros bigint,
    cost_currency text,
    payload json,
    webhook_url text,
    routing json NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    request_id text NOT NULL,
    trace_id text NOT NULL,
    facts text NOT NULL,
    decision text NOT NULL,
    allowed boolean NOT NULL,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seq bigint,
    status text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error text,
    settled_at timestamp with time zone,
    command_id uuid NOT NULL,
    correlation_id uuid,
    fingerprint text NOT NULL,
    CONSTRAINT actions_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text]))),
    CONSTRAINT actions_check CHECK (((status = 'pending'::text) = (settled_at IS NULL))),
    CONSTRAINT actions_check1 CHECK (((status = 'refused'::text) = (NOT allowed))),
    CONSTRAINT actions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT actions_status_check CHECK ((status = ANY (ARRAY['refused'::text, 'pending'::text, 'done'::text, 'failed'::text, 'stopped'::text])))
);

ALTER TABLE ONLY public.actions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.artifacts (
    tenant_id text NOT NULL,
    env text NOT NULL,
    artifact_id text NOT NULL,
    kind text NOT NULL,
    canvas_id text NOT NULL,
    rev bigint,
    correlation_id uuid,
    seq bigint,
    CONSTRAINT artifacts_kind_check CHECK ((kind = ANY (ARRAY['preview'::text, 'replay'::text, 'audit'::text, 'export'::text, 'media'::text, 'snapshot'::text, 'walkthrough_sales'::text, 'walkthrough_debug'::text])))
);

ALTER TABLE ONLY public.artifacts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_entries (
    tenant_id text NOT NULL,
    env text NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    payload_commitment bytea NOT NULL,
    CONSTRAINT audit_entries_seq_check CHECK ((seq >= 0))
);

ALTER TABLE ONLY public.audit_entries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_heads (
    tenant_id text NOT NULL,
    env text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    signed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_heads_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT audit_heads_size_check CHECK ((size >= 0))
);

ALTER TABLE ONLY public.audit_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_queue (
    tenant_id text NOT NULL,
    env text NOT NULL,
    event_id uuid NOT NULL,
    number bigint NOT NULL,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='2000');

ALTER TABLE ONLY public.audit_queue FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_queue ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_queue_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_tiles (
    tenant_id text NOT NULL,
    env text NOT NULL,
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT audit_tiles_hashes_check CHECK ((((octet_length(hashes) >= 32) AND (octet_length(hashes) <= 8192)) AND ((octet_length(hashes) % 32) = 0)))
);

ALTER TABLE ONLY public.audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.audit_tiles FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_unpublished (
    tenant_id text NOT NULL,
    env text NOT NULL,
    from_size bigint NOT NULL,
    to_size bigint NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease uuid,
    not_before timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.audit_unpublished FORCE ROW LEVEL SECURITY;

CREATE TABLE public.budget_limits (
    tenant_id text NOT NULL,
    env text NOT NULL,
    limit_id text NOT NULL,
    surface text,
    time_window text NOT NULL,
    most_micros bigint NOT NULL,
    currency text NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT budget_limits_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT budget_limits_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT budget_limits_most_micros_check CHECK ((most_micros >= 0)),
    CONSTRAINT budget_limits_time_window_check CHECK ((time_window = ANY (ARRAY['hour'::text, 'day'::text, 'month'::text])))
);

ALTER TABLE ONLY public.budget_limits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.budget_reservations (
    tenant_id text NOT NULL,
    env text NOT NULL,
    action_id uuid NOT NULL,
    surface text,
    micros bigint NOT NULL,
    currency text NOT NULL,
    reserved_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT budget_reservations_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT budget_reservations_micros_check CHECK ((micros >= 0))
);

ALTER TABLE ONLY public.budget_reservations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.budget_usage (
    tenant_id text NOT NULL,
    env text NOT NULL,
    usage_id uuid NOT NULL,
    surface text,
    provider text,
    micros bigint NOT NULL,
    currency text NOT NULL,
    note text,
    actor_id text NOT NULL,
    used_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT budget_usage_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT budget_usage_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT budget_usage_micros_check CHECK ((micros >= 0))
);

ALTER TABLE ONLY public.budget_usage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.canvases (
    tenant_id text NOT NULL,
    env text NOT NULL,
    canvas_id text NOT NULL,
    workspace_id text NOT NULL,
    project_id text NOT NULL,
    app_id text NOT NULL,
    surface_id text NOT NULL,
    title text,
    command_id uuid NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT canvases_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.canvases FORCE ROW LEVEL SECURITY;

CREATE TABLE public.commands (
    tenant_id text NOT NULL,
    command_id uuid NOT NULL,
    env text NOT NULL,
    stream text NOT NULL,
    actor_id text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint text NOT NULL,
    applied boolean NOT NULL,
    outcome json NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.commands FORCE ROW LEVEL SECURITY;

CREATE TABLE public.dangerous_actions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    action text NOT NULL,
    level text NOT NULL,
    actor_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT dangerous_actions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT dangerous_actions_level_check CHECK ((level = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text])))
);

ALTER TABLE ONLY public.dangerous_actions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.dataset_events (
    tenant_id text NOT NULL,
    env text NOT NULL,
    event_id uuid NOT NULL,
    ts timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL,
    outcome text NOT NULL,
    request_id text NOT NULL,
    trace_id text NOT NULL,
    payload json,
    salt bytea DEFAULT sha256((uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))),
    routing json DEFAULT '{}'::json NOT NULL,
    train_ok boolean DEFAULT true NOT NULL,
    pii text[] DEFAULT '{}'::text[] NOT NULL,
    redactor text DEFAULT ''::text NOT NULL,
    CONSTRAINT dataset_events_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text])))
);

ALTER TABLE ONLY public.dataset_events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.flag_versions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT flag_versions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.flag_versions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.flags (
    tenant_id text NOT NULL,
    env text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    locked boolean DEFAULT false NOT NULL,
    CONSTRAINT flags_check CHECK (((NOT locked) OR (tenant_id = 't_system'::text))),
    CONSTRAINT flags_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.flags FORCE ROW LEVEL SECURITY;

CREATE TABLE public.gate_answers (
    tenant_id text NOT NULL,
    env text NOT NULL,
    command_id uuid NOT NULL,
    answer json NOT NULL,
    answered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.gate_answers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.gate_heads (
    tenant_id text NOT NULL,
    env text NOT NULL,
    CONSTRAINT gate_heads_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.gate_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.gate_overrides (
    tenant_id text NOT NULL,
    env text NOT NULL,
    override_id text NOT NULL,
    gate text NOT NULL,
    action text,
    reason text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT gate_overrides_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT gate_overrides_gate_check CHECK ((gate = ANY (ARRAY['kill_switch'::text, 'firearms'::text, 'strategy_lock'::text, 'budget'::text, 'kpi'::text, 'temperature'::text])))
);

ALTER TABLE ONLY public.gate_overrides FORCE ROW LEVEL SECURITY;

CREATE TABLE public.graft_gestures (
    tenant_id text NOT NULL,
    env text NOT NULL,
    session_id text NOT NULL,
    bus_seq bigint NOT NULL,
    gestures json NOT NULL
);

ALTER TABLE ONLY public.graft_gestures FORCE ROW LEVEL SECURITY;

CREATE TABLE public.graft_sessions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    session_id text NOT NULL,
    canvas_id text NOT NULL,
    mode text NOT NULL,
    gesture_log text NOT NULL,
    state text NOT NULL,
    start_rev bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    active_at timestamp with time zone NOT NULL,
    gestures_after bigint DEFAULT 0 NOT NULL,
    end_rev bigint,
    ended_at timestamp with time zone,
    stop json,
    artifact_id text,
    CONSTRAINT graft_sessions_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text]))),
    CONSTRAINT graft_sessions_check CHECK ((((state = 'open'::text) = (ended_at IS NULL)) AND ((state = 'done'::text) = (artifact_id IS NOT NULL)))),
    CONSTRAINT graft_sessions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT graft_sessions_gesture_log_check CHECK ((gesture_log = ANY (ARRAY['all'::text, 'keyframe'::text, 'none'::text]))),
    CONSTRAINT graft_sessions_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'auto'::text]))),
    CONSTRAINT graft_sessions_state_check CHECK ((state = ANY (ARRAY['open'::text, 'stopping'::text, 'done'::text])))
);

ALTER TABLE ONLY public.graft_sessions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.heads (
    tenant_id text NOT NULL,
    env text NOT NULL,
    stream text NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    rev bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.heads FORCE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE public.holdings (
    tenant_id text NOT NULL,
    what text NOT NULL,
    edge_id text NOT NULL,
    held integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.holdings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.kill_switches (
    tenant_id text NOT NULL,
    env text NOT NULL,
    target_kind text NOT NULL,
    target text NOT NULL,
    thrown boolean NOT NULL,
    reason text NOT NULL,
    actor_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT kill_switches_check CHECK (((target = ''::text) = (target_kind = ANY (ARRAY['everything'::text, 'autonomy'::text])))),
    CONSTRAINT kill_switches_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT kill_switches_target_kind_check CHECK ((target_kind = ANY (ARRAY['everything'::text, 'action'::text, 'provider'::text, 'autonomy'::text])))
);

ALTER TABLE ONLY public.kill_switches FORCE ROW LEVEL SECURITY;

CREATE TABLE public.kpi_corridors (
    tenant_id text NOT NULL,
    env text NOT NULL,
    surface text NOT NULL,
    kpi text NOT NULL,
    min double precision,
    max double precision,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT kpi_corridors_check CHECK (((min IS NOT NULL) OR (max IS NOT NULL))),
    CONSTRAINT kpi_corridors_check1 CHECK (((min IS NULL) OR (max IS NULL) OR (min <= max)))
);

ALTER TABLE ONLY public.kpi_corridors FORCE ROW LEVEL SECURITY;

CREATE TABLE public.kpi_definitions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    kpi text NOT NULL,
    title text NOT NULL,
    unit text NOT NULL,
    defined_by text NOT NULL,
    defined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT kpi_definitions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.kpi_definitions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.kpi_measurements (
    tenant_id text NOT NULL,
    env text NOT NULL,
    kpi text NOT NULL,
    surface text NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    measurement_id uuid NOT NULL,
    value double precision NOT NULL,
    actor_id text NOT NULL
);

ALTER TABLE ONLY public.kpi_measurements FORCE ROW LEVEL SECURITY;

CREATE TABLE public.licences (
    tenant_id text NOT NULL,
    env text NOT NULL,
    licence_id text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    level text NOT NULL,
    scope text[],
    expires_at timestamp with time zone NOT NULL,
    issued_by text NOT NULL,
    issued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_by text,
    revoked_at timestamp with time zone,
    CONSTRAINT licences_check CHECK (((revoked_by IS NULL) = (revoked_at IS NULL))),
    CONSTRAINT licences_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT licences_level_check CHECK ((level = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
    CONSTRAINT licences_subject_type_check CHECK ((subject_type = ANY (ARRAY['human'::text, 'agent'::text, 'tool'::text, 'surface'::text, 'app'::text])))
);

ALTER TABLE ONLY public.licences FORCE ROW LEVEL SECURITY;

CREATE TABLE public.lineage (
    tenant_id text NOT NULL,
    env text NOT NULL,
    child_id text NOT NULL,
    parent_id text NOT NULL,
    CONSTRAINT lineage_check CHECK ((child_id <> parent_id))
);

ALTER TABLE ONLY public.lineage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.log (
    tenant_id text NOT NULL,
    env text NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    rev bigint,
    command_id uuid,
    event json NOT NULL
);

ALTER TABLE ONLY public.log FORCE ROW LEVEL SECURITY;

CREATE TABLE public.memberships (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT memberships_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

ALTER TABLE ONLY public.memberships FORCE ROW LEVEL SECURITY;

CREATE TABLE public.objects (
    tenant_id text NOT NULL,
    env text NOT NULL,
    object_id text NOT NULL,
    area text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    content_type text NOT NULL,
    filename text,
    storage_key text NOT NULL,
    status text NOT NULL,
    upload_id text,
    command_id uuid NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    settled_at timestamp with time zone,
    swept_at timestamp with time zone,
    CONSTRAINT objects_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text]))),
    CONSTRAINT objects_area_check CHECK ((area = ANY (ARRAY['artifacts'::text, 'raw'::text, 'media_v2'::text]))),
    CONSTRAINT objects_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT objects_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT objects_size_check CHECK ((size >= 0)),
    CONSTRAINT objects_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'ready'::text, 'refused'::text, 'expired'::text])))
);

ALTER TABLE ONLY public.objects FORCE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE public.rate_limits (
    tenant_id text NOT NULL,
    class text NOT NULL,
    arrival timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.rate_limits FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.revocation_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.revocations (
    tenant_id text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    role text,
    number bigint DEFAULT nextval('public.revocation_numbers'::regclass) NOT NULL,
    revoked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT revocations_kind_check CHECK ((kind = ANY (ARRAY['session'::text, 'token'::text, 'member'::text]))),
    CONSTRAINT revocations_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

ALTER TABLE ONLY public.revocations FORCE ROW LEVEL SECURITY;

CREATE TABLE public.runs (
    tenant_id text NOT NULL,
    env text NOT NULL,
    run_id text NOT NULL,
    thread_id text NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    status text,
    cancelled boolean DEFAULT false NOT NULL,
    end_event_id uuid,
    CONSTRAINT runs_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text]))),
    CONSTRAINT runs_check CHECK ((((ended_at IS NULL) = (end_event_id IS NULL)) AND ((ended_at IS NULL) = (status IS NULL))))
);

ALTER TABLE ONLY public.runs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sessions (
    session_id uuid NOT NULL,
    user_id text NOT NULL,
    refresh_hash text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE public.snapshots (
    tenant_id text NOT NULL,
    env text NOT NULL,
    canvas_id text NOT NULL,
    rev bigint NOT NULL,
    state_hash text NOT NULL,
    storage_key text NOT NULL
);

ALTER TABLE ONLY public.snapshots FORCE ROW LEVEL SECURITY;

CREATE TABLE public.strategy_locks (
    tenant_id text NOT NULL,
    env text NOT NULL,
    lock_id text NOT NULL,
    title text NOT NULL,
    state text NOT NULL,
    allowed_actions text[] NOT NULL,
    surfaces text[],
    providers text[],
    cost_micros_max bigint,
    cost_currency text,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    question_id text,
    drafted_by text NOT NULL,
    drafted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    reason text,
    CONSTRAINT strategy_locks_check CHECK (((cost_micros_max IS NULL) = (cost_currency IS NULL))),
    CONSTRAINT strategy_locks_check1 CHECK (((state = 'draft'::text) = (decided_at IS NULL))),
    CONSTRAINT strategy_locks_cost_micros_max_check CHECK ((cost_micros_max >= 0)),
    CONSTRAINT strategy_locks_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT strategy_locks_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'approved'::text, 'rejected'::text])))
);

ALTER TABLE ONLY public.strategy_locks FORCE ROW LEVEL SECURITY;

CREATE TABLE public.temperature_history (
    tenant_id text NOT NULL,
    env text NOT NULL,
    at timestamp with time zone NOT NULL,
    entry_id uuid NOT NULL,
    value double precision,
    breaches json NOT NULL,
    terms json NOT NULL,
    CONSTRAINT temperature_history_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.temperature_history FORCE ROW LEVEL SECURITY;

CREATE TABLE public.temperature_terms (
    tenant_id text NOT NULL,
    env text NOT NULL,
    kpi text NOT NULL,
    weight double precision DEFAULT 0 NOT NULL,
    floor double precision,
    ceiling double precision,
    set_by text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT temperature_terms_check CHECK (((floor IS NULL) OR (ceiling IS NULL) OR (floor <= ceiling))),
    CONSTRAINT temperature_terms_weight_check CHECK ((weight >= (0)::double precision))
);

ALTER TABLE ONLY public.temperature_terms FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants (
    tenant_id text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_tenant_id_check CHECK (((tenant_id ~ '^t_[a-z0-9_-]{1,62}$'::text) AND (tenant_id <> 't_unknown'::text)))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

CREATE TABLE public.threads (
    tenant_id text NOT NULL,
    env text NOT NULL,
    thread_id text NOT NULL,
    canvas_id text,
    workspace_id text NOT NULL,
    project_id text NOT NULL,
    app_id text NOT NULL,
    surface_id text NOT NULL,
    command_id uuid NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT threads_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

ALTER TABLE ONLY public.threads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.three_wise_opinions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    question_id text NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    opinion text NOT NULL,
    reason text NOT NULL,
    given_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT three_wise_opinions_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text]))),
    CONSTRAINT three_wise_opinions_opinion_check CHECK ((opinion = ANY (ARRAY['APPROVE'::text, 'REJECT'::text])))
);

ALTER TABLE ONLY public.three_wise_opinions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.three_wise_questions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    question_id text NOT NULL,
    question text NOT NULL,
    details json,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    verdict text,
    decided_at timestamp with time zone,
    CONSTRAINT three_wise_questions_check CHECK (((verdict IS NULL) = (decided_at IS NULL))),
    CONSTRAINT three_wise_questions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text]))),
    CONSTRAINT three_wise_questions_verdict_check CHECK ((verdict = ANY (ARRAY['APPROVE'::text, 'REJECT'::text])))
);

ALTER TABLE ONLY public.three_wise_questions FORCE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE public.tickets (
    tenant_id text NOT NULL,
    hash text NOT NULL,
    env text NOT NULL,
    scope text NOT NULL,
    origin text,
    stream_id uuid NOT NULL,
    claims json NOT NULL,
    redeem_by timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    redeemed_at timestamp with time zone
);

ALTER TABLE ONLY public.tickets FORCE ROW LEVEL SECURITY;

CREATE TABLE public.train_prefs (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    train_ok boolean NOT NULL,
    actor_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.train_prefs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.users (
    user_id text NOT NULL,
    email text,
    password_hash text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    issuer text,
    subject text
);

ALTER TABLE ONLY public.actions
    ADD CONSTRAINT actions_pkey PRIMARY KEY (tenant_id, env, action_id);

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_pkey PRIMARY KEY (tenant_id, env, artifact_id);

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (tenant_id, env, seq);

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_tenant_id_env_event_id_key UNIQUE (tenant_id, env, event_id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (tenant_id, env);

ALTER TABLE ONLY public.audit_queue
    ADD CONSTRAINT audit_queue_pkey PRIMARY KEY (tenant_id, env, number);

ALTER TABLE ONLY public.audit_tiles
    ADD CONSTRAINT audit_tiles_pkey PRIMARY KEY (tenant_id, env, level, number);

ALTER TABLE ONLY public.audit_unpublished
    ADD CONSTRAINT audit_unpublished_pkey PRIMARY KEY (tenant_id, env);

ALTER TABLE ONLY public.budget_limits
    ADD CONSTRAINT budget_limits_pkey PRIMARY KEY (tenant_id, env, limit_id);

ALTER TABLE ONLY public.budget_reservations
    ADD CONSTRAINT budget_reservations_pkey PRIMARY KEY (tenant_id, env, action_id);

ALTER TABLE ONLY public.budget_usage
    ADD CONSTRAINT budget_usage_pkey PRIMARY KEY (tenant_id, env, usage_id);

ALTER TABLE ONLY public.canvases
    ADD CONSTRAINT canvases_pkey PRIMARY KEY (tenant_id, env, canvas_id);

ALTER TABLE ONLY public.commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (tenant_id, command_id);

ALTER TABLE ONLY public.dangerous_actions
    ADD CONSTRAINT dangerous_actions_pkey PRIMARY KEY (tenant_id, env, action);

ALTER TABLE ONLY public.dataset_events
    ADD CONSTRAINT dataset_events_pkey PRIMARY KEY (tenant_id, env, event_id);

ALTER TABLE ONLY public.flag_versions
    ADD CONSTRAINT flag_versions_pkey PRIMARY KEY (tenant_id, env);

ALTER TABLE ONLY public.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (tenant_id, env, key);

ALTER TABLE ONLY public.gate_answers
    ADD CONSTRAINT gate_answers_pkey PRIMARY KEY (tenant_id, env, command_id);

ALTER TABLE ONLY public.gate_heads
    ADD CONSTRAINT gate_heads_pkey PRIMARY KEY (tenant_id, env);

ALTER TABLE ONLY public.gate_overrides
    ADD CONSTRAINT gate_overrides_pkey PRIMARY KEY (tenant_id, env, override_id);

ALTER TABLE ONLY public.graft_gestures
    ADD CONSTRAINT graft_gestures_pkey PRIMARY KEY (tenant_id, env, session_id, bus_seq);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_pkey PRIMARY KEY (tenant_id, env, session_id);

ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (tenant_id, env, stream);

ALTER TABLE ONLY public.holdings
    ADD CONSTRAINT holdings_pkey PRIMARY KEY (tenant_id, what, edge_id);

ALTER TABLE ONLY public.kill_switches
    ADD CONSTRAINT kill_switches_pkey PRIMARY KEY (tenant_id, env, target_kind, target);

ALTER TABLE ONLY public.kpi_corridors
    ADD CONSTRAINT kpi_corridors_pkey PRIMARY KEY (tenant_id, env, surface, kpi);

ALTER TABLE ONLY public.kpi_definitions
    ADD CONSTRAINT kpi_definitions_pkey PRIMARY KEY (tenant_id, env, kpi);

ALTER TABLE ONLY public.kpi_measurements
    ADD CONSTRAINT kpi_measurements_pkey PRIMARY KEY (tenant_id, env, kpi, surface, measured_at, measurement_id);

ALTER TABLE ONLY public.licences
    ADD CONSTRAINT licences_pkey PRIMARY KEY (tenant_id, env, licence_id);

ALTER TABLE ONLY public.lineage
    ADD CONSTRAINT lineage_pkey PRIMARY KEY (tenant_id, env, child_id, parent_id);

ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (tenant_id, env, stream, seq);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY public.objects
    ADD CONSTRAINT objects_pkey PRIMARY KEY (tenant_id, env, object_id);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (tenant_id, class);

ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY (tenant_id, kind, subject);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (tenant_id, env, run_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (tenant_id, env, canvas_id, rev);

ALTER TABLE ONLY public.strategy_locks
    ADD CONSTRAINT strategy_locks_pkey PRIMARY KEY (tenant_id, env, lock_id);

ALTER TABLE ONLY public.temperature_history
    ADD CONSTRAINT temperature_history_pkey PRIMARY KEY (tenant_id, env, at, entry_id);

ALTER TABLE ONLY public.temperature_terms
    ADD CONSTRAINT temperature_terms_pkey PRIMARY KEY (tenant_id, env, kpi);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_pkey PRIMARY KEY (tenant_id, env, thread_id);

ALTER TABLE ONLY public.three_wise_opinions
    ADD CONSTRAINT three_wise_opinions_pkey PRIMARY KEY (tenant_id, env, question_id, actor_id);

ALTER TABLE ONLY public.three_wise_questions
    ADD CONSTRAINT three_wise_questions_pkey PRIMARY KEY (tenant_id, env, question_id);

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (tenant_id, hash);

ALTER TABLE ONLY public.train_prefs
    ADD CONSTRAINT train_prefs_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

CREATE INDEX actions_due ON public.actions USING btree (next_attempt_at) WHERE (status = 'pending'::text);

CREATE INDEX artifacts_of_canvas ON public.artifacts USING btree (tenant_id, env, canvas_id, artifact_id);

CREATE INDEX audit_unpublished_due ON public.audit_unpublished USING btree (not_before);

CREATE UNIQUE INDEX budget_limits_once ON public.budget_limits USING btree (tenant_id, env, COALESCE(surface, ''::text), time_window, currency);

CREATE INDEX budget_usage_lately ON public.budget_usage USING btree (tenant_id, env, currency, used_at);

CREATE UNIQUE INDEX commands_once ON public.commands USING btree (tenant_id, env, stream, actor_id, idempotency_key) WHERE applied;

CREATE INDEX dataset_events_of_actor ON public.dataset_events USING btree (tenant_id, actor_id, env, event_id) WHERE (payload IS NOT NULL);

CREATE INDEX flag_versions_lately ON public.flag_versions USING btree (changed_at);

CREATE INDEX gate_answers_old ON public.gate_answers USING btree (tenant_id, env, answered_at);

CREATE INDEX graft_sessions_of_canvas ON public.graft_sessions USING btree (tenant_id, env, canvas_id, session_id);

CREATE UNIQUE INDEX graft_sessions_open ON public.graft_sessions USING btree (tenant_id, env, canvas_id) WHERE (state <> 'done'::text);

CREATE INDEX graft_sessions_unfinished ON public.graft_sessions USING btree (tenant_id, env, session_id) WHERE (state <> 'done'::text);

CREATE INDEX kill_switches_thrown ON public.kill_switches USING btree (tenant_id, env) WHERE thrown;

CREATE INDEX kpi_measurements_listed ON public.kpi_measurements USING btree (tenant_id, env, measurement_id);

CREATE INDEX licences_of_subject ON public.licences USING btree (tenant_id, env, subject_type, subject_id, expires_at);

CREATE INDEX lineage_of_parent ON public.lineage USING btree (tenant_id, env, parent_id, child_id);

CREATE UNIQUE INDEX log_revs ON public.log USING btree (tenant_id, env, stream, rev) WHERE (rev IS NOT NULL);

CREATE INDEX memberships_of_user ON public.memberships USING btree (user_id);

CREATE INDEX objects_by_content ON public.objects USING btree (tenant_id, env, sha256) WHERE (status = 'ready'::text);

CREATE INDEX objects_pending ON public.objects USING btree (tenant_id, env, created_at) WHERE (status = 'pending'::text);

CREATE INDEX objects_to_expire ON public.objects USING btree (created_at) WHERE (status = 'pending'::text);

CREATE INDEX objects_to_sweep ON public.objects USING btree (settled_at) WHERE ((status <> 'pending'::text) AND (swept_at IS NULL));

CREATE INDEX revocations_by_time ON public.revocations USING btree (revoked_at);

CREATE INDEX runs_of_thread ON public.runs USING btree (tenant_id, env, thread_id, started_at);

CREATE INDEX sessions_of_user ON public.sessions USING btree (user_id);

CREATE INDEX strategy_locks_by_action ON public.strategy_locks USING gin (allowed_actions);

CREATE INDEX strategy_locks_current ON public.strategy_locks USING btree (tenant_id, env, valid_until);

CREATE INDEX temperature_history_listed ON public.temperature_history USING btree (tenant_id, env, entry_id);

CREATE INDEX threads_of_canvas ON public.threads USING btree (tenant_id, env, canvas_id, thread_id) WHERE (canvas_id IS NOT NULL);

CREATE INDEX tickets_by_expiry ON public.tickets USING btree (expires_at);

CREATE UNIQUE INDEX users_of_issuer ON public.users USING btree (issuer, subject) WHERE (issuer IS NOT NULL);

CREATE TRIGGER audit_entries_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER audit_heads_advance BEFORE UPDATE ON public.audit_heads FOR EACH ROW WHEN (((new.size <= old.size) OR (new.tenant_id <> old.tenant_id) OR (new.env <> old.env))) EXECUTE FUNCTION public.refuse_to_roll_back();

CREATE TRIGGER audit_heads_stay BEFORE DELETE OR TRUNCATE ON public.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER audit_tiles_grow BEFORE UPDATE ON public.audit_tiles FOR EACH ROW EXECUTE FUNCTION public.refuse_to_rewrite_tile();

CREATE TRIGGER audit_tiles_stay BEFORE DELETE OR TRUNCATE ON public.audit_tiles FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER budget_usage_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.budget_usage FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER commands_applied BEFORE UPDATE ON public.commands FOR EACH ROW WHEN (old.applied) EXECUTE FUNCTION public.refuse_to_change_applied();

CREATE TRIGGER dataset_events_erase BEFORE UPDATE ON public.dataset_events FOR EACH ROW EXECUTE FUNCTION public.refuse_all_but_erasure();

CREATE TRIGGER dataset_events_queue AFTER INSERT ON public.dataset_events REFERENCING NEW TABLE AS recorded FOR EACH STATEMENT EXECUTE FUNCTION public.queue_for_audit();

CREATE TRIGGER dataset_events_stay BEFORE DELETE OR TRUNCATE ON public.dataset_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER kpi_measurements_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.kpi_measurements FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER temperature_history_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.temperature_history FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

ALTER TABLE ONLY public.actions
    ADD CONSTRAINT actions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_tenant_id_env_artifact_id_fkey FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.budget_limits
    ADD CONSTRAINT budget_limits_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.budget_reservations
    ADD CONSTRAINT budget_reservations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.budget_usage
    ADD CONSTRAINT budget_usage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.canvases
    ADD CONSTRAINT canvases_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.dangerous_actions
    ADD CONSTRAINT dangerous_actions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.flag_versions
    ADD CONSTRAINT flag_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.flags
    ADD CONSTRAINT flags_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.gate_answers
    ADD CONSTRAINT gate_answers_tenant_id_env_fkey FOREIGN KEY (tenant_id, env) REFERENCES public.gate_heads(tenant_id, env);

ALTER TABLE ONLY public.gate_heads
    ADD CONSTRAINT gate_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.gate_overrides
    ADD CONSTRAINT gate_overrides_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.graft_gestures
    ADD CONSTRAINT graft_gestures_tenant_id_env_session_id_fkey FOREIGN KEY (tenant_id, env, session_id) REFERENCES public.graft_sessions(tenant_id, env, session_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_env_artifact_id_fkey FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.kill_switches
    ADD CONSTRAINT kill_switches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.kpi_corridors
    ADD CONSTRAINT kpi_corridors_tenant_id_env_kpi_fkey FOREIGN KEY (tenant_id, env, kpi) REFERENCES public.kpi_definitions(tenant_id, env, kpi);

ALTER TABLE ONLY public.kpi_definitions
    ADD CONSTRAINT kpi_definitions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.kpi_measurements
    ADD CONSTRAINT kpi_measurements_tenant_id_env_kpi_fkey FOREIGN KEY (tenant_id, env, kpi) REFERENCES public.kpi_definitions(tenant_id, env, kpi);

ALTER TABLE ONLY public.licences
    ADD CONSTRAINT licences_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.lineage
    ADD CONSTRAINT lineage_tenant_id_env_child_id_fkey FOREIGN KEY (tenant_id, env, child_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.lineage
    ADD CONSTRAINT lineage_tenant_id_env_parent_id_fkey FOREIGN KEY (tenant_id, env, parent_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);

ALTER TABLE ONLY public.objects
    ADD CONSTRAINT objects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_tenant_id_env_thread_id_fkey FOREIGN KEY (tenant_id, env, thread_id) REFERENCES public.threads(tenant_id, env, thread_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);

ALTER TABLE ONLY public.strategy_locks
    ADD CONSTRAINT strategy_locks_tenant_id_env_question_id_fkey FOREIGN KEY (tenant_id, env, question_id) REFERENCES public.three_wise_questions(tenant_id, env, question_id);

ALTER TABLE ONLY public.strategy_locks
    ADD CONSTRAINT strategy_locks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.temperature_history
    ADD CONSTRAINT temperature_history_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.temperature_terms
    ADD CONSTRAINT temperature_terms_tenant_id_env_kpi_fkey FOREIGN KEY (tenant_id, env, kpi) REFERENCES public.kpi_definitions(tenant_id, env, kpi);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.three_wise_opinions
    ADD CONSTRAINT three_wise_opinions_tenant_id_env_question_id_fkey FOREIGN KEY (tenant_id, env, question_id) REFERENCES public.three_wise_questions(tenant_id, env, question_id);

ALTER TABLE ONLY public.three_wise_questions
    ADD CONSTRAINT three_wise_questions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.train_prefs
    ADD CONSTRAINT train_prefs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE public.actions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.artifacts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_queue ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_tiles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_unpublished ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.budget_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.budget_reservations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.budget_usage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.canvases ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.commands ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dangerous_actions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dataset_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flag_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.gate_answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.gate_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.gate_overrides ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.graft_gestures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.graft_sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.holdings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.kill_switches ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.kpi_corridors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.kpi_definitions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.kpi_measurements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.licences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.lineage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.memberships ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.objects ENABLE ROW LEVEL SECURITY;

CREATE POLICY of_all_delete ON public.revocations FOR DELETE USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_delete ON public.tickets FOR DELETE USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_insert ON public.audit_queue FOR INSERT WITH CHECK ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_insert ON public.memberships FOR INSERT WITH CHECK ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_insert ON public.tenants FOR INSERT WITH CHECK ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.actions FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.artifacts FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.audit_heads FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.audit_queue FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.audit_unpublished FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.flag_versions FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.graft_sessions FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.heads FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.memberships FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.objects FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.revocations FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.tenants FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_select ON public.tickets FOR SELECT USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_update ON public.audit_unpublished FOR UPDATE USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_update ON public.memberships FOR UPDATE USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_all_update ON public.objects FOR UPDATE USING ((current_setting('northstar.tenant'::text, true) = '*'::text));

CREATE POLICY of_people_insert ON public.dataset_events FOR INSERT WITH CHECK (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) = '*'::text)));

CREATE POLICY of_people_insert ON public.revocations FOR INSERT WITH CHECK (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) = '*'::text)));

CREATE POLICY of_people_select ON public.dataset_events FOR SELECT USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) = '*'::text)));

CREATE POLICY of_people_select ON public.train_prefs FOR SELECT USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) = '*'::text)));

CREATE POLICY of_people_update ON public.revocations FOR UPDATE USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) = '*'::text)));

CREATE POLICY of_tenant ON public.actions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.artifacts USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.audit_entries USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.audit_heads USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.audit_queue USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.audit_tiles USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.audit_unpublished USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.budget_limits USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.budget_reservations USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.budget_usage USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.canvases USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.commands USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.dangerous_actions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.dataset_events USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.flag_versions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.flags USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.gate_answers USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.gate_heads USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.gate_overrides USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.graft_gestures USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.graft_sessions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.heads USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.holdings USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.kill_switches USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.kpi_corridors USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.kpi_definitions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.kpi_measurements USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.licences USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.lineage USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.log USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.memberships USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.objects USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.rate_limits USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.revocations USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.runs USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.snapshots USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.strategy_locks USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.temperature_history USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.temperature_terms USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.tenants USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.threads USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.three_wise_opinions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.three_wise_questions USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.tickets USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant ON public.train_prefs USING ((tenant_id = current_setting('northstar.tenant'::text, true))) WITH CHECK ((tenant_id = current_setting('northstar.tenant'::text, true)));

CREATE POLICY of_tenant_0 ON public.flag_versions FOR SELECT USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) <> ''::text)));

CREATE POLICY of_tenant_0 ON public.flags FOR SELECT USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) <> ''::text)));

CREATE POLICY of_tenant_0 ON public.kill_switches FOR SELECT USING (((tenant_id = 't_system'::text) AND (current_setting('northstar.tenant'::text, true) <> ''::text)));

CREATE POLICY of_tenant_0 ON public.train_prefs FOR SELECT USING (((tenant_id = 't_system'::text) AND (user_id = ''::text) AND (current_setting('northstar.tenant'::text, true) <> ''::text)));

ALTER TABLE public.rate_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.revocations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshots ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.strategy_locks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.temperature_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.temperature_terms ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.threads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.three_wise_opinions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.three_wise_questions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.train_prefs ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA public TO northstar_edge;

GRANT USAGE ON SCHEMA public TO northstar_worker;

REVOKE ALL ON FUNCTION public.erase_actor(tenant text, actor text, batch integer, OUT erased bigint, OUT waiting bigint) FROM PUBLIC;

GRANT ALL ON FUNCTION public.erase_actor(tenant text, actor text, batch integer, OUT erased bigint, OUT waiting bigint) TO northstar_worker;

REVOKE ALL ON FUNCTION public.issue_ticket(tenant text, ticket text, place text, path text, page text, stream uuid, behind json, redeem_secs integer, ends_at timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION public.issue_ticket(tenant text, ticket text, place text, path text, page text, stream uuid, behind json, redeem_secs integer, ends_at timestamp with time zone) TO northstar_edge;

REVOKE ALL ON FUNCTION public.lease_holdings(tenant text, kind text, edge text, holds integer, ttl_secs integer, OUT held_elsewhere integer) FROM PUBLIC;

GRANT ALL ON FUNCTION public.lease_holdings(tenant text, kind text, edge text, holds integer, ttl_secs integer, OUT held_elsewhere integer) TO northstar_edge;

REVOKE ALL ON FUNCTION public.lease_rate(tenant text, what text, wanted integer, per_second double precision, burst double precision, OUT granted integer, OUT retry_after_ms integer) FROM PUBLIC;

GRANT ALL ON FUNCTION public.lease_rate(tenant text, what text, wanted integer, per_second double precision, burst double precision, OUT granted integer, OUT retry_after_ms integer) TO northstar_edge;

REVOKE ALL ON FUNCTION public.redeem_ticket(tenant text, ticket text, has_read boolean) FROM PUBLIC;

GRANT ALL ON FUNCTION public.redeem_ticket(tenant text, ticket text, has_read boolean) TO northstar_edge;

REVOKE ALL ON FUNCTION public.renew_ticket(tenant text, ticket text, behind json, ends_at timestamp with time zone) FROM PUBLIC;

GRANT ALL ON FUNCTION public.renew_ticket(tenant text, ticket text, behind json, ends_at timestamp with time zone) TO northstar_edge;

GRANT SELECT ON TABLE public.actions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.actions TO northstar_worker;

GRANT SELECT ON TABLE public.artifacts TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.artifacts TO northstar_worker;

GRANT SELECT ON TABLE public.audit_entries TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.audit_entries TO northstar_worker;

GRANT SELECT ON TABLE public.audit_heads TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_heads TO northstar_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.audit_queue TO northstar_worker;

GRANT SELECT ON TABLE public.audit_tiles TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_tiles TO northstar_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_unpublished TO northstar_worker;

GRANT SELECT ON TABLE public.budget_limits TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.budget_limits TO northstar_worker;

GRANT SELECT ON TABLE public.budget_reservations TO northstar_edge;

GRANT SELECT,INSERT,DELETE ON TABLE public.budget_reservations TO northstar_worker;

GRANT SELECT ON TABLE public.budget_usage TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.budget_usage TO northstar_worker;

GRANT SELECT ON TABLE public.canvases TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.canvases TO northstar_worker;

GRANT SELECT ON TABLE public.commands TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.commands TO northstar_worker;

GRANT SELECT ON TABLE public.dangerous_actions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.dangerous_actions TO northstar_worker;

GRANT SELECT,INSERT ON TABLE public.dataset_events TO northstar_worker;

GRANT SELECT ON TABLE public.dataset_events TO northstar_edge;

GRANT SELECT ON TABLE public.flag_versions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.flag_versions TO northstar_worker;

GRANT SELECT ON TABLE public.flags TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.flags TO northstar_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.gate_answers TO northstar_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gate_heads TO northstar_worker;

GRANT SELECT ON TABLE public.gate_overrides TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gate_overrides TO northstar_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.graft_gestures TO northstar_worker;

GRANT SELECT ON TABLE public.graft_sessions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.graft_sessions TO northstar_worker;

GRANT SELECT ON TABLE public.heads TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.heads TO northstar_worker;

GRANT SELECT ON TABLE public.kill_switches TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.kill_switches TO northstar_worker;

GRANT SELECT ON TABLE public.kpi_corridors TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kpi_corridors TO northstar_worker;

GRANT SELECT ON TABLE public.kpi_definitions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.kpi_definitions TO northstar_worker;

GRANT SELECT ON TABLE public.kpi_measurements TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.kpi_measurements TO northstar_worker;

GRANT SELECT ON TABLE public.licences TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.licences TO northstar_worker;

GRANT SELECT ON TABLE public.lineage TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.lineage TO northstar_worker;

GRANT SELECT ON TABLE public.log TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.log TO northstar_worker;

GRANT SELECT ON TABLE public.memberships TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memberships TO northstar_worker;

GRANT SELECT ON TABLE public.objects TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.objects TO northstar_worker;

GRANT USAGE ON SEQUENCE public.revocation_numbers TO northstar_worker;

GRANT SELECT ON TABLE public.revocations TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revocations TO northstar_worker;

GRANT SELECT ON TABLE public.runs TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.runs TO northstar_worker;

GRANT SELECT ON TABLE public.sessions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.sessions TO northstar_worker;

GRANT SELECT ON TABLE public.snapshots TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.snapshots TO northstar_worker;

GRANT SELECT ON TABLE public.strategy_locks TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.strategy_locks TO northstar_worker;

GRANT SELECT ON TABLE public.temperature_history TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.temperature_history TO northstar_worker;

GRANT SELECT ON TABLE public.temperature_terms TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.temperature_terms TO northstar_worker;

GRANT SELECT ON TABLE public.tenants TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.tenants TO northstar_worker;

GRANT SELECT ON TABLE public.threads TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.threads TO northstar_worker;

GRANT SELECT ON TABLE public.three_wise_opinions TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.three_wise_opinions TO northstar_worker;

GRANT SELECT ON TABLE public.three_wise_questions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.three_wise_questions TO northstar_worker;

GRANT SELECT ON TABLE public.tickets TO northstar_edge;

GRANT SELECT,DELETE ON TABLE public.tickets TO northstar_worker;

GRANT SELECT ON TABLE public.train_prefs TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.train_prefs TO northstar_worker;

GRANT SELECT ON TABLE public.users TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO northstar_worker;
