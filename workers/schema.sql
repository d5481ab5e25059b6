-- The schema that the migrations make. Generated: to change it, add a migration, and take what the test
-- `private_schema` writes to target/schema.sql.

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

CREATE FUNCTION public.renew_ticket(tenant text, ticket text, behind json, ends_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    UPDATE tickets SET claims = behind, expires_at = ends_at WHERE tenant_id = tenant AND hash = ticket
$$;

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
    details json NOT NULL,
    CONSTRAINT dataset_events_actor_type_check CHECK ((actor_type = ANY (ARRAY['human'::text, 'agent'::text, 'system'::text])))
);

CREATE TABLE public.flag_changes (
    tenant_id text NOT NULL,
    env text NOT NULL,
    version bigint NOT NULL,
    key text NOT NULL,
    was json,
    becomes json,
    command_id uuid NOT NULL,
    actor_id text NOT NULL,
    request_id text NOT NULL,
    trace_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.flag_versions (
    tenant_id text NOT NULL,
    env text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT flag_versions_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

CREATE TABLE public.flags (
    tenant_id text NOT NULL,
    env text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    locked boolean DEFAULT false NOT NULL,
    CONSTRAINT flags_check CHECK (((NOT locked) OR (tenant_id = 't_system'::text))),
    CONSTRAINT flags_env_check CHECK ((env = ANY (ARRAY['dev'::text, 'staging'::text, 'prod'::text])))
);

CREATE TABLE public.graft_gestures (
    tenant_id text NOT NULL,
    env text NOT NULL,
    session_id text NOT NULL,
    bus_seq bigint NOT NULL,
    gestures json NOT NULL
);

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

CREATE TABLE public.heads (
    tenant_id text NOT NULL,
    env text NOT NULL,
    stream text NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    rev bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE UNLOGGED TABLE public.holdings (
    tenant_id text NOT NULL,
    what text NOT NULL,
    edge_id text NOT NULL,
    held integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.lineage (
    tenant_id text NOT NULL,
    env text NOT NULL,
    child_id text NOT NULL,
    parent_id text NOT NULL,
    CONSTRAINT lineage_check CHECK ((child_id <> parent_id))
);

CREATE TABLE public.log (
    tenant_id text NOT NULL,
    env text NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    rev bigint,
    command_id uuid,
    event json NOT NULL
);

CREATE TABLE public.memberships (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT memberships_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

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

CREATE UNLOGGED TABLE public.rate_limits (
    tenant_id text NOT NULL,
    class text NOT NULL,
    arrival timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

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

CREATE TABLE public.tenants (
    tenant_id text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_tenant_id_check CHECK (((tenant_id ~ '^t_[a-z0-9_-]{1,62}$'::text) AND (tenant_id <> 't_unknown'::text)))
);

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

CREATE TABLE public.users (
    user_id text NOT NULL,
    email text,
    password_hash text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    issuer text,
    subject text
);

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_pkey PRIMARY KEY (tenant_id, env, artifact_id);

ALTER TABLE ONLY public.canvases
    ADD CONSTRAINT canvases_pkey PRIMARY KEY (tenant_id, env, canvas_id);

ALTER TABLE ONLY public.commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (tenant_id, command_id);

ALTER TABLE ONLY public.dataset_events
    ADD CONSTRAINT dataset_events_pkey PRIMARY KEY (tenant_id, env, event_id);

ALTER TABLE ONLY public.flag_changes
    ADD CONSTRAINT flag_changes_pkey PRIMARY KEY (tenant_id, env, version, key);

ALTER TABLE ONLY public.flag_versions
    ADD CONSTRAINT flag_versions_pkey PRIMARY KEY (tenant_id, env);

ALTER TABLE ONLY public.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (tenant_id, env, key);

ALTER TABLE ONLY public.graft_gestures
    ADD CONSTRAINT graft_gestures_pkey PRIMARY KEY (tenant_id, env, session_id, bus_seq);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_pkey PRIMARY KEY (tenant_id, env, session_id);

ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (tenant_id, env, stream);

ALTER TABLE ONLY public.holdings
    ADD CONSTRAINT holdings_pkey PRIMARY KEY (tenant_id, what, edge_id);

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

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_pkey PRIMARY KEY (tenant_id, env, thread_id);

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (tenant_id, hash);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

CREATE INDEX artifacts_of_canvas ON public.artifacts USING btree (tenant_id, env, canvas_id, artifact_id);

CREATE UNIQUE INDEX commands_once ON public.commands USING btree (tenant_id, env, stream, actor_id, idempotency_key) WHERE applied;

CREATE UNIQUE INDEX flag_changes_once ON public.flag_changes USING btree (tenant_id, env, command_id, key);

CREATE INDEX flag_versions_lately ON public.flag_versions USING btree (changed_at);

CREATE INDEX graft_sessions_of_canvas ON public.graft_sessions USING btree (tenant_id, env, canvas_id, session_id);

CREATE UNIQUE INDEX graft_sessions_open ON public.graft_sessions USING btree (tenant_id, env, canvas_id) WHERE (state <> 'done'::text);

CREATE INDEX graft_sessions_unfinished ON public.graft_sessions USING btree (tenant_id, env, session_id) WHERE (state <> 'done'::text);

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

CREATE INDEX threads_of_canvas ON public.threads USING btree (tenant_id, env, canvas_id, thread_id) WHERE (canvas_id IS NOT NULL);

CREATE INDEX tickets_by_expiry ON public.tickets USING btree (expires_at);

CREATE UNIQUE INDEX users_of_issuer ON public.users USING btree (issuer, subject) WHERE (issuer IS NOT NULL);

CREATE TRIGGER commands_applied BEFORE UPDATE ON public.commands FOR EACH ROW WHEN (old.applied) EXECUTE FUNCTION public.refuse_to_change_applied();

CREATE TRIGGER dataset_events_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.dataset_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER flag_changes_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.flag_changes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_tenant_id_env_artifact_id_fkey FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.canvases
    ADD CONSTRAINT canvases_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.flag_versions
    ADD CONSTRAINT flag_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.flags
    ADD CONSTRAINT flags_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.graft_gestures
    ADD CONSTRAINT graft_gestures_tenant_id_env_session_id_fkey FOREIGN KEY (tenant_id, env, session_id) REFERENCES public.graft_sessions(tenant_id, env, session_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_env_artifact_id_fkey FOREIGN KEY (tenant_id, env, artifact_id) REFERENCES public.objects(tenant_id, env, object_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.graft_sessions
    ADD CONSTRAINT graft_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

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

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_tenant_id_env_canvas_id_fkey FOREIGN KEY (tenant_id, env, canvas_id) REFERENCES public.canvases(tenant_id, env, canvas_id);

ALTER TABLE ONLY public.threads
    ADD CONSTRAINT threads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

GRANT USAGE ON SCHEMA public TO northstar_edge;

GRANT USAGE ON SCHEMA public TO northstar_worker;

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

GRANT SELECT ON TABLE public.artifacts TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.artifacts TO northstar_worker;

GRANT SELECT ON TABLE public.canvases TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.canvases TO northstar_worker;

GRANT SELECT ON TABLE public.commands TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.commands TO northstar_worker;

GRANT SELECT,INSERT ON TABLE public.dataset_events TO northstar_worker;

GRANT SELECT ON TABLE public.flag_changes TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.flag_changes TO northstar_worker;

GRANT SELECT ON TABLE public.flag_versions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.flag_versions TO northstar_worker;

GRANT SELECT ON TABLE public.flags TO northstar_edge;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.flags TO northstar_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.graft_gestures TO northstar_worker;

GRANT SELECT ON TABLE public.graft_sessions TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.graft_sessions TO northstar_worker;

GRANT SELECT ON TABLE public.heads TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.heads TO northstar_worker;

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

GRANT SELECT ON TABLE public.tenants TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.tenants TO northstar_worker;

GRANT SELECT ON TABLE public.threads TO northstar_edge;

GRANT SELECT,INSERT ON TABLE public.threads TO northstar_worker;

GRANT SELECT ON TABLE public.tickets TO northstar_edge;

GRANT SELECT,DELETE ON TABLE public.tickets TO northstar_worker;

GRANT SELECT ON TABLE public.users TO northstar_edge;

GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO northstar_worker;
