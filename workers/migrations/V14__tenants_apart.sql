-- The second lock: whatever a query asks for, it sees the rows of the tenant that its connection is set to, and no others.
--
-- `northstar.tenant` is a tenant, or `*` for what concerns no single tenant. Where it was never set it is null, and where it was
-- set for a transaction that ended it is empty: nothing is seen then. No tenant is named `*` or has an empty name.
--
-- `users` and `sessions` have no tenant: a person may belong to several. What they may do where stands in `memberships`.
-- Whoever adds a table with a tenant_id adds its policy; the test `private_tenants_apart` says where one is missing.

DO $$
DECLARE
    it regclass;
BEGIN
    FOR it IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', it);
        -- For the owner as well: functions that run as the owner are held to the caller's tenant.
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', it);
        EXECUTE format($policy$
            CREATE POLICY of_tenant ON %s USING (tenant_id = current_setting('northstar.tenant', true))
                                     WITH CHECK (tenant_id = current_setting('northstar.tenant', true)) $policy$, it);
    END LOOP;
END $$;

-- What concerns no single tenant, and why.
DO $$
DECLARE
    wide record;
    may text;
BEGIN
    FOR wide IN SELECT * FROM (VALUES
        -- Who signs up makes a tenant, and who logs in belongs to several.
        ('tenants',           'SELECT INSERT'),
        ('memberships',       'SELECT INSERT UPDATE'),
        -- Edges look after the streams of all their readers at once, and hear whose flags changed.
        ('heads',             'SELECT'),
        ('flag_versions',     'SELECT'),
        -- What ended is told to all edges, and forgotten.
        ('revocations',       'SELECT DELETE'),
        ('tickets',           'SELECT DELETE'),
        -- Sweepers and keepers look for what is left over.
        ('objects',           'SELECT UPDATE'),
        ('artifacts',         'SELECT'),
        ('graft_sessions',    'SELECT'),
        -- Who sequences, copies or carries out looks for whose turn it is; the work itself is done as the tenant.
        ('audit_queue',       'SELECT INSERT'),
        ('audit_heads',       'SELECT'),
        ('audit_unpublished', 'SELECT UPDATE'),
        ('actions',           'SELECT')
    ) AS wide (name, commands)
    LOOP
        CONTINUE WHEN to_regclass('public.' || wide.name) IS NULL;
        FOREACH may IN ARRAY string_to_array(wide.commands, ' ') LOOP
            EXECUTE format('CREATE POLICY %I ON %I FOR %s %s', 'of_all_' || lower(may), wide.name, may,
                CASE may WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END
                || ' (current_setting(''northstar.tenant'', true) = ''*'')');
        END LOOP;
    END LOOP;
END $$;

-- Sessions are nobody's, and what happens to people is tenant-0's: both are put down in its name.
CREATE POLICY of_people_insert ON revocations FOR INSERT
    WITH CHECK (tenant_id = 't_system' AND current_setting('northstar.tenant', true) = '*');
CREATE POLICY of_people_update ON revocations FOR UPDATE
    USING (tenant_id = 't_system' AND current_setting('northstar.tenant', true) = '*');
CREATE POLICY of_people_insert ON dataset_events FOR INSERT
    WITH CHECK (tenant_id = 't_system' AND current_setting('northstar.tenant', true) = '*');
CREATE POLICY of_people_select ON dataset_events FOR SELECT
    USING (tenant_id = 't_system' AND current_setting('northstar.tenant', true) = '*');
CREATE POLICY of_people_select ON train_prefs FOR SELECT
    USING (tenant_id = 't_system' AND current_setting('northstar.tenant', true) = '*');

-- What tenant-0 says holds for everybody, and everybody may read it.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['flags', 'flag_versions', 'kill_switches', 'train_prefs'] LOOP
        EXECUTE format('CREATE POLICY of_tenant_0 ON %I FOR SELECT USING (tenant_id = ''t_system'' %s
                        AND current_setting(''northstar.tenant'', true) <> '''')', name,
                       CASE name WHEN 'train_prefs' THEN 'AND user_id = ''''' ELSE '' END);
    END LOOP;
END $$;
