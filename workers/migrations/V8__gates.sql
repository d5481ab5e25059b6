-- What gates decide on, and the actions that they decide about (contract section 7).

-- Locked by whoever changes what gates decide on: one change after the other.
CREATE TABLE gate_heads (
    tenant_id text NOT NULL REFERENCES tenants,
    env       text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    PRIMARY KEY (tenant_id, env)
);

-- What was answered to changes, so that one that comes again is answered the same. Kept for some days.
CREATE TABLE gate_answers (
    tenant_id   text NOT NULL,
    env         text NOT NULL,
    command_id  uuid NOT NULL,
    answer      json NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, command_id),
    FOREIGN KEY (tenant_id, env) REFERENCES gate_heads
);
CREATE INDEX gate_answers_old ON gate_answers (tenant_id, env, answered_at);

-- Switches that were ever touched. Those of t_system hold for everybody.
CREATE TABLE kill_switches (
    tenant_id   text    NOT NULL REFERENCES tenants,
    env         text    NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    target_kind text    NOT NULL CHECK (target_kind IN ('everything', 'action', 'provider', 'autonomy')),
    target      text    NOT NULL, -- the action or provider; empty for the others
    thrown      boolean NOT NULL,
    reason      text    NOT NULL,
    actor_id    text    NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, target_kind, target),
    CHECK ((target = '') = (target_kind IN ('everything', 'autonomy')))
);
CREATE INDEX kill_switches_thrown ON kill_switches (tenant_id, env) WHERE thrown;

-- What tenants count as dangerous beyond the defaults, or as more dangerous than those.
CREATE TABLE dangerous_actions (
    tenant_id  text NOT NULL REFERENCES tenants,
    env        text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    action     text NOT NULL,
    level      text NOT NULL CHECK (level IN ('low', 'medium', 'high')),
    actor_id   text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, action)
);

CREATE TABLE licences (
    tenant_id    text NOT NULL REFERENCES tenants,
    env          text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    licence_id   text NOT NULL,
    subject_type text NOT NULL CHECK (subject_type IN ('human', 'agent', 'tool', 'surface', 'app')),
    subject_id   text NOT NULL,
    level        text NOT NULL CHECK (level IN ('low', 'medium', 'high')),
    scope        text[],          -- actions; null means all
    expires_at   timestamptz NOT NULL,
    issued_by    text NOT NULL,
    issued_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_by   text,
    revoked_at   timestamptz,
    PRIMARY KEY (tenant_id, env, licence_id),
    CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
);
CREATE INDEX licences_of_subject ON licences (tenant_id, env, subject_type, subject_id, expires_at);

CREATE TABLE three_wise_questions (
    tenant_id   text NOT NULL REFERENCES tenants,
    env         text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    question_id text NOT NULL,
    question    text NOT NULL,
    details     json,
    asked_by    text NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What two of the three opinions agree on.
    verdict     text CHECK (verdict IN ('APPROVE', 'REJECT')),
    decided_at  timestamptz,
    PRIMARY KEY (tenant_id, env, question_id),
    CHECK ((verdict IS NULL) = (decided_at IS NULL))
);

CREATE TABLE three_wise_opinions (
    tenant_id   text NOT NULL,
    env         text NOT NULL,
    question_id text NOT NULL,
    actor_id    text NOT NULL,
    actor_type  text NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    opinion     text NOT NULL CHECK (opinion IN ('APPROVE', 'REJECT')),
    reason      text NOT NULL,
    given_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, question_id, actor_id),
    FOREIGN KEY (tenant_id, env, question_id) REFERENCES three_wise_questions
);

CREATE TABLE strategy_locks (
    tenant_id         text NOT NULL REFERENCES tenants,
    env               text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    lock_id           text NOT NULL,
    title             text NOT NULL,
    state             text NOT NULL CHECK (state IN ('draft', 'approved', 'rejected')),
    allowed_actions   text[] NOT NULL,
    -- What it is tied to; null means anything.
    surfaces          text[],
    providers         text[],
    cost_micros_max   bigint CHECK (cost_micros_max >= 0),
    cost_currency     text,
    valid_from        timestamptz NOT NULL,
    valid_until       timestamptz NOT NULL, -- not including; brought forward when somebody lets it expire
    question_id       text,
    drafted_by        text NOT NULL,
    drafted_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by        text,
    decided_at        timestamptz,
    reason            text,
    PRIMARY KEY (tenant_id, env, lock_id),
    FOREIGN KEY (tenant_id, env, question_id) REFERENCES three_wise_questions,
    CHECK ((cost_micros_max IS NULL) = (cost_currency IS NULL)),
    CHECK ((state = 'draft') = (decided_at IS NULL))
);
CREATE INDEX strategy_locks_by_action ON strategy_locks USING gin (allowed_actions);
CREATE INDEX strategy_locks_current ON strategy_locks (tenant_id, env, valid_until);

CREATE TABLE budget_limits (
    tenant_id   text   NOT NULL REFERENCES tenants,
    env         text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    limit_id    text   NOT NULL,
    surface     text,            -- null limits all surfaces together
    time_window text   NOT NULL CHECK (time_window IN ('hour', 'day', 'month')),
    most_micros bigint NOT NULL CHECK (most_micros >= 0),
    currency    text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    set_by      text   NOT NULL,
    set_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, limit_id)
);
CREATE UNIQUE INDEX budget_limits_once
    ON budget_limits (tenant_id, env, coalesce(surface, ''), time_window, currency);

-- What was spent: by actions when they are done, and as told by others.
CREATE TABLE budget_usage (
    tenant_id text   NOT NULL REFERENCES tenants,
    env       text   NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    usage_id  uuid   NOT NULL, -- action_id where an action spent it
    surface   text,
    provider  text,
    micros    bigint NOT NULL CHECK (micros >= 0),
    currency  text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    note      text,
    actor_id  text   NOT NULL,
    used_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, usage_id)
);
CREATE INDEX budget_usage_lately ON budget_usage (tenant_id, env, currency, used_at);
CREATE TRIGGER budget_usage_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON budget_usage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- What actions under way may still spend. Goes when the action is settled.
CREATE TABLE budget_reservations (
    tenant_id   text   NOT NULL REFERENCES tenants,
    env         text   NOT NULL,
    action_id   uuid   NOT NULL,
    surface     text,
    micros      bigint NOT NULL CHECK (micros >= 0),
    currency    text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reserved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, action_id)
);

CREATE TABLE kpi_definitions (
    tenant_id  text NOT NULL REFERENCES tenants,
    env        text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    kpi        text NOT NULL,
    title      text NOT NULL,
    unit       text NOT NULL,
    defined_by text NOT NULL,
    defined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, kpi)
);

CREATE TABLE kpi_corridors (
    tenant_id text NOT NULL,
    env       text NOT NULL,
    surface   text NOT NULL,
    kpi       text NOT NULL,
    min       double precision,
    max       double precision,
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, surface, kpi),
    FOREIGN KEY (tenant_id, env, kpi) REFERENCES kpi_definitions,
    CHECK (min IS NOT NULL OR max IS NOT NULL),
    CHECK (min IS NULL OR max IS NULL OR min <= max)
);

CREATE TABLE kpi_measurements (
    tenant_id      text NOT NULL,
    env            text NOT NULL,
    kpi            text NOT NULL,
    surface        text NOT NULL, -- empty for the tenant and env as a whole: what the temperature is made of
    measured_at    timestamptz NOT NULL,
    measurement_id uuid NOT NULL,
    value          double precision NOT NULL,
    actor_id       text NOT NULL,
    PRIMARY KEY (tenant_id, env, kpi, surface, measured_at, measurement_id),
    FOREIGN KEY (tenant_id, env, kpi) REFERENCES kpi_definitions
);
CREATE INDEX kpi_measurements_listed ON kpi_measurements (tenant_id, env, measurement_id);
CREATE TRIGGER kpi_measurements_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON kpi_measurements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- What each measure counts for in the temperature, and what is demanded of it.
CREATE TABLE temperature_terms (
    tenant_id text NOT NULL,
    env       text NOT NULL,
    kpi       text NOT NULL,
    weight    double precision NOT NULL DEFAULT 0 CHECK (weight >= 0),
    floor     double precision,
    ceiling   double precision,
    set_by    text NOT NULL,
    set_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, env, kpi),
    FOREIGN KEY (tenant_id, env, kpi) REFERENCES kpi_definitions,
    CHECK (floor IS NULL OR ceiling IS NULL OR floor <= ceiling)
);

-- The temperature after each change of what it is made of.
CREATE TABLE temperature_history (
    tenant_id  text NOT NULL REFERENCES tenants,
    env        text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    at         timestamptz NOT NULL,
    entry_id   uuid NOT NULL,
    value      double precision, -- null where nothing that counts was measured
    breaches   json NOT NULL,
    terms      json NOT NULL,
    PRIMARY KEY (tenant_id, env, at, entry_id)
);
CREATE INDEX temperature_history_listed ON temperature_history (tenant_id, env, entry_id);
CREATE TRIGGER temperature_history_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON temperature_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- Owners' words against what is unknown.
CREATE TABLE gate_overrides (
    tenant_id   text NOT NULL REFERENCES tenants,
    env         text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    override_id text NOT NULL,
    gate        text NOT NULL CHECK (gate IN ('kill_switch', 'firearms', 'strategy_lock', 'budget', 'kpi', 'temperature')),
    action      text,            -- null means all
    reason      text NOT NULL,
    expires_at  timestamptz NOT NULL,
    made_by     text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at  timestamptz,
    PRIMARY KEY (tenant_id, env, override_id)
);

-- What was asked of the world, what was decided on which facts, and what became of it.
CREATE TABLE actions (
    tenant_id       text NOT NULL REFERENCES tenants,
    env             text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
    action_id       uuid NOT NULL, -- the command's
    action          text NOT NULL,
    subject_type    text NOT NULL,
    subject_id      text NOT NULL,
    surface         text,
    provider        text,
    cost_micros     bigint,
    cost_currency   text,
    payload         json,
    webhook_url     text,
    routing         json NOT NULL,
    actor_id        text NOT NULL,
    actor_type      text NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    request_id      text NOT NULL,
    trace_id        text NOT NULL,
    -- As they were serialised: decided again from these, the decision is the same to the last bit.
    facts           text NOT NULL,
    decision        text NOT NULL,
    allowed         boolean NOT NULL,
    decided_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    seq             bigint, -- of safety_decision in the log that the routing names
    status          text NOT NULL CHECK (status IN ('refused', 'pending', 'done', 'failed', 'stopped')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz, -- while it is pending; pushed into the future by whoever attempts it
    last_error      text,
    settled_at      timestamptz,
    PRIMARY KEY (tenant_id, env, action_id),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CHECK ((status = 'refused') = (NOT allowed))
);
CREATE INDEX actions_due ON actions (next_attempt_at) WHERE status = 'pending';

GRANT SELECT ON kill_switches, dangerous_actions, licences, three_wise_questions, three_wise_opinions, strategy_locks,
    budget_limits, budget_usage, budget_reservations, kpi_definitions, kpi_corridors, kpi_measurements, temperature_terms,
    temperature_history, gate_overrides, actions TO northstar_edge;
GRANT SELECT, INSERT, UPDATE ON gate_heads TO northstar_worker;
GRANT SELECT, INSERT, DELETE ON gate_answers TO northstar_worker;
GRANT SELECT, INSERT, UPDATE ON kill_switches, dangerous_actions, licences, three_wise_questions, strategy_locks,
    kpi_definitions, gate_overrides, actions TO northstar_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON budget_limits, kpi_corridors, temperature_terms TO northstar_worker;
GRANT SELECT, INSERT, DELETE ON budget_reservations TO northstar_worker;
GRANT SELECT, INSERT ON three_wise_opinions, budget_usage, kpi_measurements, temperature_history TO northstar_worker;
